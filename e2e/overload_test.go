//go:build overload

package e2e_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/planted"
)

// Overload in its short form: how it goes, not how fast, for which `make
// overload` is. `make overload-test` runs these, on programs without the race
// detector, which would need several times the memory that is limited here.

// buildPlain builds the services as they ship, or with the planted bugs.
func buildPlain(t *testing.T, tags string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"build", "-pgo=off", "-tags", tags, "-o", dir}
	for _, name := range serviceNames {
		args = append(args, "../services/"+name+"/cmd/"+name)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as tools/build.sh; C's threads would have 8 MiB each, which count
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("build the services: %v\n%s", err, out)
	}
	return dir
}

// crowd counts what many at once are answered.
type crowd struct {
	mu       sync.Mutex
	statuses map[int]int
	refusals []time.Duration
	wrong    error // the first answer that nobody may get
}

// add notes an answer: one as in any other hour, or a refusal that says when to
// come again.
func (c *crowd) add(got *page, err error, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.wrong = cmp.Or(c.wrong, err)
		return
	}
	c.statuses[got.status]++
	switch got.status {
	case http.StatusOK, http.StatusSeeOther, http.StatusUnprocessableEntity:
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.refusals = append(c.refusals, took)
		if got.header.Get("Retry-After") == "" {
			c.wrong = cmp.Or(c.wrong, fmt.Errorf("a refusal without Retry-After: %s", got.body))
		}
	default:
		c.wrong = cmp.Or(c.wrong, fmt.Errorf("an answer with %d: %s", got.status, got.body))
	}
}

// press has n at a time ask for a while, each again at once.
func (c *crowd) press(p *person, n int, d time.Duration, next func(i int) *http.Request) {
	end := time.Now().Add(d)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			for time.Now().Before(end) {
				begin := time.Now()
				got, err := p.try(next(i))
				c.add(got, err, time.Since(begin))
			}
		})
	}
	all.Wait()
	slices.Sort(c.refusals)
}

func (c *crowd) good() int { return c.statuses[http.StatusOK] + c.statuses[http.StatusSeeOther] }

// overload presses home and new notes, three times as many at once as web lets
// in, and says what is wrong.
func overload(t *testing.T, p *processes) error {
	t.Helper()
	ann := signedIn(t, p.stack.URL(), "ann")
	form := ann.get("/notes/create/").fill(url.Values{"name": {"One of many"}, "text": {"x"}})
	seen := &crowd{statuses: map[int]int{}}
	stopped := make(chan struct{})
	var health error
	var watching sync.WaitGroup
	watching.Go(func() {
		stranger := visitor(t, p.stack.URL())
		for {
			select {
			case <-stopped:
				return
			case <-time.After(50 * time.Millisecond):
			}
			got, err := stranger.try(stranger.request(http.MethodGet, "/readyz", nil))
			if err == nil && got.status != http.StatusOK {
				err = fmt.Errorf("/readyz answers %d", got.status)
			}
			health = cmp.Or(health, err)
		}
	})
	seen.press(ann, 192, 3*time.Second, func(i int) *http.Request {
		if i%5 == 0 {
			again := url.Values{}
			for name, values := range form {
				again[name] = values
			}
			again.Del("request_id") // each is a note of its own
			return ann.form("/notes/create/", again)
		}
		return ann.request(http.MethodGet, "/", nil)
	})
	close(stopped)
	watching.Wait()
	t.Logf("answers: %v; a refusal took %v (the middle one)", seen.statuses, median(seen.refusals))
	errs := []error{seen.wrong, health}
	if seen.good() == 0 {
		errs = append(errs, errors.New("nobody was answered well"))
	}
	if len(seen.refusals) == 0 {
		errs = append(errs, errors.New("nobody was refused"))
	}
	eventually(t, "all is as before", 5*time.Second, func() error { return ann.homeIs(http.StatusOK) })
	return errors.Join(errs...)
}

func median(sorted []time.Duration) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

func TestN6_OfTooManySomeAreAnsweredAndTheRestIsToldWhenToComeAgain(t *testing.T) {
	err := overload(t, startProcessesOf(t, buildPlain(t, ""), local.NoLimits()))
	if err != nil {
		t.Error(err)
	}
}

func TestN6_NoticesThatNothingIsShed(t *testing.T) {
	p := startProcessesOf(t, buildPlain(t, "planted"), local.NoLimits(), "NOTEJAM_PLANTED_BUG="+planted.ShedNothing)
	err := overload(t, p)
	if err == nil || !strings.Contains(err.Error(), "nobody was refused") {
		t.Errorf("got %v", err)
	}
}

const (
	// dataLimit is what a process may map: one that wants more dies of it. It is
	// twice what it may use, for Go keeps the addresses of what it has given back.
	dataLimit = 512 << 20
	// memoryLimit is what a container of docker-compose.yml has.
	memoryLimit = 256 << 20
)

// flood has a hundred people sign in, and as many write and read the largest
// notes there are, and says which services died, and of what.
func flood(t *testing.T, p *processes, limit uint64) error {
	t.Helper()
	ann := signedIn(t, p.stack.URL(), "ann")
	note := ann.get("/notes/create/").fill(url.Values{"name": {"A large one"}, "text": {strings.Repeat("0123456789abcde\n", 16<<10)}})
	note.Del("request_id")
	stranger := visitor(t, p.stack.URL())
	signIn := stranger.get("/signin/").fill(url.Values{"email": {ann.email}, "password": {"not the right one"}})
	for _, name := range []string{"auth", "notes", "web"} {
		err := unix.Prlimit(p.running[name].Process.Pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := &crowd{statuses: map[int]int{}}
	var both sync.WaitGroup
	both.Go(func() {
		seen.press(ann, 100, 4*time.Second, func(i int) *http.Request {
			if i%2 == 0 {
				return ann.form("/notes/create/", note)
			}
			return ann.request(http.MethodGet, "/", nil)
		})
	})
	guesses := &crowd{statuses: map[int]int{}}
	both.Go(func() {
		guesses.press(stranger, 100, 4*time.Second, func(int) *http.Request { return stranger.form("/signin/", signIn) })
	})
	both.Wait()
	errs := []error{seen.wrong, guesses.wrong}
	for _, name := range []string{"auth", "notes", "web"} {
		most, err := mostMemory(p.running[name].Process.Pid)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", name, err, p.lastWords(name)))
			continue
		}
		t.Logf("%s had at most %d MiB", name, most>>20)
		if most > memoryLimit {
			errs = append(errs, fmt.Errorf("%s had %d MiB", name, most>>20))
		}
	}
	t.Logf("answers: %v, to who signed in: %v", seen.statuses, guesses.statuses)
	if len(guesses.refusals) == 0 {
		errs = append(errs, errors.New("no sign-in was refused"))
	}
	return errors.Join(errs...)
}

// mostMemory reads VmHWM of a process that lives, the most that it ever had.
func mostMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read how much memory it had: %w", err)
	}
	_, rest, found := strings.Cut(string(text), "\nVmHWM:")
	if !found {
		return 0, errors.New("it has died")
	}
	line, _, _ := strings.Cut(rest, "\n")
	kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(line), " kB"), 10, 64)
	return kib << 10, err
}

// lastWords are the lines of a service's log that are no JSON: those of Go's
// runtime.
func (p *processes) lastWords(name string) string {
	text, err := os.ReadFile(filepath.Join(p.logs, name))
	if err != nil {
		return err.Error()
	}
	var said []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "{") && len(said) < 5 {
			said = append(said, strings.TrimSpace(line))
		}
	}
	return strings.Join(said, "; ")
}

// realHashes are those that ship: 19 MiB for each password.
func realHashes() map[string]map[string]string {
	settings := local.NoLimits()
	settings["auth"]["HASH_MEMORY_KIB"], settings["auth"]["HASH_PASSES"] = "19456", "2"
	return settings
}

func TestN7_WithLittleMemoryTheRestIsRefusedAndNobodyDies(t *testing.T) {
	p := startProcessesOf(t, buildPlain(t, ""), realHashes(), "GOMEMLIMIT=200MiB")
	err := flood(t, p, dataLimit)
	if err != nil {
		t.Error(err)
	}
}

func TestN7_NoticesThatSomebodyDied(t *testing.T) {
	p := startProcessesOf(t, buildPlain(t, ""), realHashes())
	err := flood(t, p, dataLimit/16)
	if err == nil || !strings.Contains(err.Error(), "has died") {
		t.Errorf("got %v", err)
	}
}
