package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/local"
)

const (
	readOnlyBanner = "Notejam is read-only right now: you can read everything, and change nothing for a while."
	readOnlyNotice = "Nothing can be saved right now. Your text is kept in this page; try again later."
)

// TestD9_WhileTheDatabaseIsReadOnlyEverythingIsReadAndItRecoversWithoutARestart is
// a failover under way, or a person at the database.
func TestD9_WhileTheDatabaseIsReadOnlyEverythingIsReadAndItRecoversWithoutARestart(t *testing.T) {
	s, stop := ownStack(t, t.TempDir(), limits())
	ann := signedIn(t, s.URL(), "ann")
	note := ann.createNote("shopping", "milk and words", "")
	ann.api(http.MethodGet, "/v1/notes", nil)
	form := ann.get("/notes/create/").saysNot(readOnlyBanner).fill(url.Values{"name": {"draft"}, "text": {"precious words"}})
	setReadOnly(t, s, "ON")
	ann.post("/notes/create/", form).is(http.StatusServiceUnavailable).says(readOnlyNotice).says(readOnlyBanner).says("precious words")
	everythingIsRead(ann, note)
	setReadOnly(t, s, "OFF")
	eventually(t, "notes are saved again", 10*time.Second, func() error {
		got, err := ann.try(ann.form("/notes/create/", form))
		if err == nil && got.status != http.StatusSeeOther {
			err = fmt.Errorf("status %d", got.status)
		}
		return err
	})
	// auth notices by itself as well: it asks the database when it is asked.
	eventually(t, "the banner is gone", 20*time.Second, func() error {
		ann.submit("/notes/"+note+"/edit/", url.Values{"name": {"shopping"}, "text": {"more"}})
		if strings.Contains(ann.get("/settings/activity/").body, readOnlyBanner) {
			return fmt.Errorf("it is still there")
		}
		return nil
	})
	ann.settled(2)
	stop()
}

var readOnlyRules = []rule{
	{"While it is read-only every page can be read and says so, and what could not be saved stays in its form", readOnlyBySetting},
}

// readOnlyBySetting serves what was written before with the setting of the three
// services, and looks that nothing changes and no loop complains.
func readOnlyBySetting(t *testing.T) {
	dir := t.TempDir()
	s, stop := ownStack(t, dir, limits())
	ann := signedIn(t, s.URL(), "ann")
	note := ann.createNote("shopping", "milk and words", "")
	ann.api(http.MethodGet, "/v1/notes", nil)
	ann.settled(1)
	stop()

	settings := limits()
	for _, name := range []string{"auth", "notes", "audit"} {
		own := map[string]string{"READ_ONLY": "true"}
		maps.Copy(own, settings[name])
		settings[name] = own
	}
	s, stop = ownStack(t, dir, settings)
	before := sums(t, s)
	ann.base = s.URL()
	everythingIsRead(ann, note)
	if after := sums(t, s); before != after {
		t.Errorf("something was written:\n%s\n%s", before, after)
	}
	stop()
	for _, name := range []string{"auth", "notes", "audit"} {
		log, err := os.ReadFile(filepath.Join(dir, "log", name+".log"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(log)) {
			if strings.Contains(line, "READ_ONLY") && !strings.Contains(line, `"msg":"rpc"`) {
				t.Errorf("%s makes noise: %s", name, line)
			}
		}
	}
}

// everythingIsRead tries every door of somebody who is signed in and has a note.
func everythingIsRead(ann *person, note string) {
	ann.t.Helper()
	for _, path := range []string{
		"/", "/notes/" + note + "/", "/notes/create/", "/notes/" + note + "/edit/", "/pads/create/", "/settings/", "/settings/activity/", "/docs/",
	} {
		ann.get(path).is(http.StatusOK).says(readOnlyBanner)
	}
	status, answer := ann.api(http.MethodGet, "/v1/notes/"+note, nil)
	if status != http.StatusOK {
		ann.t.Errorf("reading by REST meets %d %v", status, answer)
	}
	req := ann.request(http.MethodPost, "/v1/notes", strings.NewReader(`{"title": "by REST"}`))
	req.Header.Set("Authorization", "Bearer "+ann.token)
	req.Header.Set("Content-Type", "application/json")
	got := ann.do(req).is(http.StatusServiceUnavailable)
	for _, want := range []string{`"READ_ONLY"`, "RetryInfo", `"UNAVAILABLE"`} {
		if !strings.Contains(got.body, want) {
			ann.t.Errorf("a write by REST says no %s: %s", want, got.body)
		}
	}
	if got.header.Get("Retry-After") != "30" {
		ann.t.Errorf("a write by REST says Retry-After %q", got.header.Get("Retry-After"))
	}
	ann.submit("/notes/"+note+"/edit/", url.Values{"name": {"shopping"}, "text": {"kept words"}}).
		is(http.StatusServiceUnavailable).says(readOnlyNotice).says("kept words")
	stranger := visitor(ann.t, ann.base)
	stranger.submit("/signin/", url.Values{"email": {ann.email}, "password": {password}}).
		is(http.StatusServiceUnavailable).says(readOnlyBanner)
	for path, values := range map[string]url.Values{
		"/signup/":          {"email": {"new-" + ann.email}, "password": {password}, "confirm_password": {password}},
		"/forgot-password/": {"email": {ann.email}},
	} {
		stranger.submit(path, values).is(http.StatusServiceUnavailable).says(readOnlyBanner)
	}
}

// ownStack is one that nobody else uses.
func ownStack(t *testing.T, dir string, settings map[string]map[string]string) (s *local.Stack, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, wait, err := startStack(ctx, local.Options{Data: dir, Fast: true, Settings: settings})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	return s, func() {
		t.Helper()
		cancel()
		err := wait()
		if err != nil {
			t.Error(err)
		}
	}
}

// setReadOnly has the database server refuse the services' writes, or take them again.
func setReadOnly(t *testing.T, s *local.Stack, value string) {
	t.Helper()
	db, err := s.OpenDatabase()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(t.Context(), "SET GLOBAL read_only = "+value)
	if err != nil {
		t.Fatal(err)
	}
}

// sums are the checksums of the tables that requests and loops write.
func sums(t *testing.T, s *local.Stack) string {
	t.Helper()
	db, err := s.OpenDatabase()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), "CHECKSUM TABLE auth.accounts, auth.sessions, auth.signing_keys, auth.limits, auth.tries, auth.mails, auth.outbox, auth.idem, "+
		"notes.notes, notes.pads, notes.outbox, notes.idem, audit.events, audit.checkpoints")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all strings.Builder
	for rows.Next() {
		var table string
		var sum int64
		err = rows.Scan(&table, &sum)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, table, sum)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return all.String()
}
