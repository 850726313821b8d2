package drill_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/services/audit"
)

const password = "a long enough password"

// house is a Notejam that can be stopped and served again.
type house struct {
	t     *testing.T
	stack *local.Stack
	admin *sql.DB
	end   func()
	ended chan error
}

// account is somebody who is signed in.
type account struct{ email, token string }

// begin starts a stack and serves.
func begin(t *testing.T, options local.Options) *house {
	t.Helper()
	stack, err := local.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := stack.Database().OpenAdmin()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, stack: stack, admin: admin}
	h.serve()
	return h
}

func (h *house) serve() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h.end, h.ended = cancel, make(chan error, 1)
	ready := make(chan struct{})
	go func() { h.ended <- h.stack.Serve(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-h.ended:
		cancel()
		h.t.Fatalf("the services did not start: %v", err)
	}
}

func (h *house) stop() {
	h.t.Helper()
	h.end()
	err := <-h.ended
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) close() {
	h.t.Helper()
	_ = h.admin.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := h.stack.Close(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) try(method, path, token string, body any) (int, map[string]any) {
	data, err := json.Marshal(body)
	if err != nil {
		h.t.Error(err)
		return 0, nil
	}
	if body == nil {
		data = nil
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.stack.URL()+path, bytes.NewReader(data))
	if err != nil {
		h.t.Error(err)
		return 0, nil
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Error(err)
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	answer := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &answer)
	}
	if err != nil {
		h.t.Errorf("%s %s: %v in %q", method, path, err, text)
	}
	return resp.StatusCode, answer
}

func (h *house) call(method, path, token string, body any, want int) map[string]any {
	h.t.Helper()
	status, answer := h.try(method, path, token, body)
	if status != want {
		h.t.Fatalf("%s %s: %d %v, want %d", method, path, status, answer, want)
	}
	return answer
}

func (h *house) signUp(name string) account {
	h.t.Helper()
	email := name + "@example.test"
	h.call(http.MethodPost, "/v1/auth:signUp", "", map[string]any{"email": email, "password": password}, http.StatusOK)
	return h.signIn(email)
}

func (h *house) signIn(email string) account {
	h.t.Helper()
	answer := h.call(http.MethodPost, "/v1/auth:signIn", "", map[string]any{"email": email, "password": password}, http.StatusOK)
	token, _ := answer["sessionToken"].(string)
	return account{email, token}
}

type token struct{ name, secret string }

func (h *house) newToken(a account) token {
	h.t.Helper()
	answer := h.call(http.MethodPost, "/v1/tokens", a.token, map[string]any{"title": "a script", "scopes": []string{"notes:read"}}, http.StatusOK)
	name, _ := answer["name"].(string)
	secret, _ := answer["secret"].(string)
	h.call(http.MethodGet, "/v1/notes", secret, nil, http.StatusOK)
	return token{name, secret}
}

var resetLink = regexp.MustCompile(`/reset-password/([A-Za-z0-9_-]+)/`)

// resetLink asks for a mail and gives the token of its link.
func (h *house) resetLink(a account) (found string) {
	h.t.Helper()
	h.call(http.MethodPost, "/v1/auth:requestPasswordReset", "", map[string]any{"email": a.email}, http.StatusOK)
	h.eventually("the mail is there", func() error {
		files, err := filepath.Glob(filepath.Join(h.stack.MailDir(), "*.eml"))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return errors.New("there is no mail")
		}
		mail, err := os.ReadFile(files[0])
		if err != nil {
			return err
		}
		match := resetLink.FindStringSubmatch(strings.ReplaceAll(string(mail), "=\r\n", ""))
		if match == nil {
			return fmt.Errorf("no link in %q", mail)
		}
		found = match[1]
		return nil
	})
	return found
}

// write has each of them write so many notes, four at a time.
func (h *house) write(each int, by ...account) {
	h.t.Helper()
	var next atomic.Int64
	var writers sync.WaitGroup
	for _, a := range by {
		until := next.Load() + int64(each)
		for range 4 {
			writers.Go(func() {
				for {
					i := next.Add(1)
					if i > until || h.t.Failed() {
						return
					}
					// A busy machine answers late: the same request again is the same note.
					path := "/v1/notes?requestId=" + uuid.NewString()
					status, answer := 0, map[string]any{}
					for tries := 0; tries < 10 && status != http.StatusOK; tries++ {
						status, answer = h.try(http.MethodPost, path, a.token, map[string]any{"title": title(int(i)), "text": "line one\nline two"})
					}
					if status != http.StatusOK {
						h.t.Errorf("a note met %d %v", status, answer)
					}
				}
			})
		}
		writers.Wait()
		next.Store(until)
	}
}

func (h *house) number(query string, args ...any) (n int) {
	h.t.Helper()
	err := h.admin.QueryRowContext(h.t.Context(), query, args...).Scan(&n)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) exec(query string) {
	h.t.Helper()
	_, err := h.admin.ExecContext(h.t.Context(), query)
	if err != nil {
		h.t.Fatal(err)
	}
}

// wantRecorded waits until the trail has so many events of a type, and not more: each is there under its own id.
func (h *house) wantRecorded(kind string, want int) {
	h.t.Helper()
	h.eventually(fmt.Sprint(want, " events ", kind), func() error {
		n := h.number("SELECT COUNT(*) FROM audit.events WHERE type = ?", kind)
		if n != want {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}

func (h *house) wantNothingUnsent() {
	h.t.Helper()
	h.eventually("nothing is unsent", func() error {
		n := h.number("SELECT (SELECT COUNT(*) FROM notes.outbox WHERE status <> 1) + (SELECT COUNT(*) FROM auth.outbox WHERE status <> 1)")
		if n > 0 {
			return fmt.Errorf("%d events are", n)
		}
		return nil
	})
}

// wantTrailIntact is `audit verify` over all of it.
func (h *house) wantTrailIntact() {
	h.t.Helper()
	h.eventually("all is signed and intact", func() error {
		result := servicetest.Run(h.t, audit.Program(), h.stack.Settings("audit"), "verify")
		if result.Code != 0 || !strings.Contains(result.Stdout, "intact") {
			return fmt.Errorf("%+v", result)
		}
		return nil
	})
}

// outbox gives the events that wait for their reader to confirm them: what a queue may still hold.
func (h *house) outbox() (entries []queue.Entry) {
	h.t.Helper()
	rows, err := h.admin.QueryContext(h.t.Context(), "SELECT event_id, payload FROM notes.outbox UNION ALL SELECT event_id, payload FROM auth.outbox ORDER BY 1 DESC LIMIT 200")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e queue.Entry
		err = rows.Scan(&e.ID, &e.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		entries = append(entries, e)
	}
	if rows.Err() != nil || len(entries) < 2*late {
		h.t.Fatalf("%d events are in the outbox, %v", len(entries), rows.Err())
	}
	return entries
}

// resend puts them into the queue once more.
func (h *house) resend(entries []queue.Entry) {
	h.t.Helper()
	settings := h.stack.Settings("notes")
	events, err := queue.Open(h.t.Context(), queue.Config{URL: settings["NOTES_QUEUE_URL"], Endpoint: settings["NOTES_QUEUE_ENDPOINT"]}, prometheus.NewRegistry())
	if err != nil {
		h.t.Fatal(err)
	}
	for begin := 0; begin < len(entries); begin += queue.MaxEntries {
		result, err := events.Send(h.t.Context(), entries[begin:min(begin+queue.MaxEntries, len(entries))])
		if err != nil || len(result.Refused) > 0 {
			h.t.Fatalf("%+v, %v", result, err)
		}
	}
}

// eventually waits for something that happens on its own clock.
func (h *house) eventually(what string, check func() error) {
	h.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-limit.C:
			h.t.Fatalf("after two minutes not yet: %s: %v", what, err)
		}
	}
}
