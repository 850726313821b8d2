//go:build compose

package compose_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	upLimit      = time.Minute      // all healthy, once images exist
	backLimit    = 15 * time.Second // a container whose main process was killed is healthy again
	trailLimit   = 30 * time.Second // after the last kill every change is in the trail
	balanceLimit = 90 * time.Second // a new replica gets its first calls: connections live for a minute
)

// noLimits lets one address do what many do.
var noLimits = map[string]string{
	"AUTH_LIMIT_SIGN_IN": "0", "AUTH_LIMIT_SIGN_UP": "0", "AUTH_LIMIT_RESET": "0", "WEB_LIMIT_CALLS": "0", "WEB_LIMIT_BAD_TOKENS": "0",
}

// TestDockerComposeUp is one life of a Notejam in containers; each step needs those before it.
func TestDockerComposeUp(t *testing.T) {
	p := newProject(t, noLimits)
	var ada *person
	steps := []struct {
		sentence string
		run      func(t *testing.T)
	}{
		{"all containers are healthy soon", func(t *testing.T) { within(t, "up, with new volumes", p.do(t, "up", "--detach", "--wait"), upLimit) }},
		{"a person signs up, writes a note and sees what happened", func(t *testing.T) { ada = useTheProduct(t, p) }},
		{"a forgotten password is reset by a mail that Mailpit shows", func(t *testing.T) { resetThePassword(t, p, ada) }},
		{"no container has more rights than it needs", func(t *testing.T) { wantHardened(t, p) }},
		{"every main process is killed while people write, and nothing is lost", func(t *testing.T) { killEachMainProcess(t, p) }},
		{"containers that were killed by hand come back with up", func(t *testing.T) { killByHand(t, p, ada) }},
		{"down and up again, with two replicas, keeps the data", func(t *testing.T) { downAndUp(t, p, ada) }},
		{"both replicas serve, and one that leaves fails no request", func(t *testing.T) { removeAReplica(t, p) }},
		{"a second SIGTERM ends a service at once", func(t *testing.T) { secondSignal(t, p) }},
		{"down with volumes leaves nothing", func(t *testing.T) { downWithVolumes(t, p) }},
	}
	for _, step := range steps {
		if !t.Run(step.sentence, step.run) {
			t.FailNow()
		}
	}
}

func useTheProduct(t *testing.T, p *project) *person {
	t.Helper()
	wantPage(t, p.url()+"/signin/", "Sign in")
	ada := signedUp(t, p.url())
	name, err := ada.createNote(t.Context(), "", "Beans")
	if err != nil {
		t.Fatal(err)
	}
	took := eventually(t, "the note is in the trail", trailLimit, func() error {
		found, err := ada.created(t.Context())
		if err == nil && found[name] != 1 {
			err = fmt.Errorf("%s is %d times there", name, found[name])
		}
		return err
	})
	t.Logf("from the note to the trail: %.1f s", took.Seconds())
	return ada
}

func wantPage(t *testing.T, url, text string) {
	t.Helper()
	body := get(t, url)
	if !strings.Contains(body, text) {
		t.Errorf("%s does not say %q", url, text)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

var resetLink = regexp.MustCompile(`/reset-password/([A-Za-z0-9_-]+)/`)

func resetThePassword(t *testing.T, p *project, ada *person) {
	t.Helper()
	ada.must(t, http.MethodPost, "/v1/auth:requestPasswordReset", map[string]string{"email": ada.email})
	mailpit := "http://127.0.0.1:" + p.mailPort + "/api/v1/"
	token := ""
	eventually(t, "the mail is in Mailpit", trailLimit, func() error {
		var list struct{ Messages []struct{ ID string } }
		err := json.Unmarshal([]byte(get(t, mailpit+"search?query=to:"+ada.email)), &list)
		if err != nil || len(list.Messages) == 0 {
			return fmt.Errorf("%d mails, %w", len(list.Messages), err)
		}
		var mail struct{ Text string }
		err = json.Unmarshal([]byte(get(t, mailpit+"message/"+list.Messages[0].ID)), &mail)
		if err != nil {
			return err
		}
		if !strings.Contains(mail.Text, p.url()+"/reset-password/") {
			return fmt.Errorf("the mail leads elsewhere: %s", mail.Text)
		}
		token = resetLink.FindStringSubmatch(mail.Text)[1]
		return nil
	})
	const another = "another long password"
	ada.must(t, http.MethodPost, "/v1/auth:confirmPasswordReset", map[string]string{"token": token, "newPassword": another})
	ada.signIn(t, another)
}

// killEachMainProcess has every container die as by a crash or for want of memory, one after the other, while people write.
func killEachMainProcess(t *testing.T, p *project) {
	t.Helper()
	w := startWriting(t, p.url(), 4)
	for _, service := range everyone {
		container := p.container(t, service)
		before := inspect(t, container)
		err := syscall.Kill(before.State.Pid, syscall.SIGKILL)
		if err != nil {
			t.Fatalf("kill %s: %v", service, err)
		}
		took := eventually(t, service+" is back", time.Minute, func() error {
			now := inspect(t, container)
			if now.State.StartedAt.Equal(before.State.StartedAt) || now.State.Health.Status != "healthy" {
				return fmt.Errorf("%s is %s and %s", service, now.State.Status, now.State.Health.Status)
			}
			return nil
		})
		within(t, "SIGKILL to "+service+", then healthy", took, backLimit)
	}
	// All that was written last has to find its way as well.
	pause(t.Context(), time.Second)
	total := w.end(t)
	took := eventually(t, "the trail is complete", time.Minute, func() error { return w.complete(t.Context()) })
	within(t, "after the last kill, trail complete", took, trailLimit)
	w.missing(t)
	p.do(t, "exec", "audit", "/app", "verify")
	t.Logf("%d notes acknowledged, none lost", total)
	if total < 50 {
		t.Errorf("only %d notes were written: that shows little", total)
	}
}

func killByHand(t *testing.T, p *project, ada *person) {
	t.Helper()
	for _, service := range []string{"mysql", "notes", "web"} {
		docker(t, "kill", p.container(t, service))
	}
	within(t, "docker kill of three, then up --wait", p.do(t, "up", "--detach", "--wait"), upLimit)
	wantNotes(t, ada, 1)
}

func wantNotes(t *testing.T, p *person, want int) {
	t.Helper()
	notes, _ := p.must(t, http.MethodGet, "/v1/notes", nil)["notes"].([]any)
	if len(notes) != want {
		t.Errorf("there are %d notes, want %d", len(notes), want)
	}
}

func downAndUp(t *testing.T, p *project, ada *person) {
	t.Helper()
	within(t, "down", p.do(t, "down"), upLimit)
	took := p.do(t, "up", "--detach", "--wait", "--scale", "auth=2", "--scale", "notes=2", "--scale", "audit=2")
	within(t, "up, with the data there and ten services", took, upLimit)
	wantNotes(t, ada, 1)
}

// secondSignal asks web to stop, whose drain takes two seconds, and then does not wait.
func secondSignal(t *testing.T, p *project) {
	t.Helper()
	container := p.container(t, "web")
	pid := inspect(t, container).State.Pid
	began := time.Now()
	for range 2 {
		err := syscall.Kill(pid, syscall.SIGTERM)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "web has heard it", time.Second, func() error {
			if !strings.Contains(p.logs(t, "web"), "signal: terminated") {
				return fmt.Errorf("it says nothing of a signal")
			}
			return nil
		})
	}
	eventually(t, "web's process is gone", 10*time.Second, func() error {
		if syscall.Kill(pid, 0) == nil {
			return fmt.Errorf("process %d lives", pid)
		}
		return nil
	})
	if time.Since(began) > 2*time.Second {
		t.Errorf("it took %v, as long as the drain", time.Since(began))
	}
}

func downWithVolumes(t *testing.T, p *project) {
	t.Helper()
	within(t, "down --volumes", p.do(t, "down", "--volumes"), upLimit)
	for _, kind := range []string{"container", "volume", "network"} {
		args := []string{kind, "ls", "--quiet", "--filter", "label=com.docker.compose.project=" + p.name}
		if kind == "container" {
			args = append(args, "--all")
		}
		left, err := exec.CommandContext(context.WithoutCancel(t.Context()), "docker", args...).CombinedOutput()
		if err != nil || len(left) > 0 {
			t.Errorf("docker %s ls: %v, %s", kind, err, left)
		}
	}
}
