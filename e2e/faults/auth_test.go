//go:build faults

package faults_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/identity/identitytest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

const (
	strangers  = 200 // tokens signed with a key that nobody has, in more time than fetchPause
	apart      = 60 * time.Millisecond
	fetchPause = 10 * time.Second // a process asks for keys no more often, see platform/identity
)

// TestN11_WithoutAuthTokensAreBelievedNobodySignsInAndItsReturnIsNoFloodOfKeys makes its tokens itself, with auth's key: they live for a minute, and
// nobody else makes any while auth is away.
func TestN11_WithoutAuthTokensAreBelievedNobodySignsInAndItsReturnIsNoFloodOfKeys(t *testing.T) {
	r := start(t, fleet.Options{})
	look, err := r.Look(t.Context())
	r.must(err)
	key, err := fleet.SigningKey(t.Context(), look.Rows("auth"), r.Stack.Settings("auth")["AUTH_SEALING_KEY"])
	r.must(err)
	r.must(look.Close())
	stranger := identitytest.Key{ID: "k-nobody", Private: key.Private}
	list := r.lister()
	if code := list(key); code != codes.OK {
		t.Fatalf("before: %v", code)
	}
	for _, m := range r.Of("auth") {
		m.Kill()
	}
	over := time.After(either(8*time.Second, 10*time.Minute))
	for ended := false; !ended; {
		if code := list(key); code != codes.OK {
			t.Errorf("a token with a known key: %v", code)
		}
		if code := list(stranger); code != codes.Unauthenticated && code != codes.Unavailable && code != codes.DeadlineExceeded {
			t.Errorf("a token with an unknown key: %v", code)
		}
		begin := time.Now()
		answered, err := r.traffic.SignIn(t.Context())
		if took := time.Since(begin); err != nil || answered != http.StatusServiceUnavailable || took > away {
			t.Errorf("signing in is answered %d after %v (%v)", answered, took, err)
		}
		select {
		case <-over:
			ended = true
		case <-time.After(time.Second):
		}
	}
	back := time.Now()
	r.must(r.StartMissing())
	for _, m := range r.Of("auth") {
		r.must(m.WaitReady(t.Context(), readyLimit))
	}
	for range strangers {
		if code := list(stranger); code == codes.OK {
			t.Error("a token with an unknown key is believed")
		}
		pause(t.Context(), apart)
	}
	r.keysWereNotFlooded(time.Since(back))
	if code := list(key); code != codes.OK {
		t.Errorf("afterwards: %v", code)
	}
	r.noneFailed(r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, 3*time.Second) }))
}

// lister lists the notes of nobody in particular, with a token signed by a key.
func (r *rig) lister() func(key identitytest.Key) codes.Code {
	person := identity.Principal{PersonID: rpc.NewRequestID(), SessionID: rpc.NewRequestID(), Scopes: []string{"notes:read"}}
	notes := notespb.NewNotesServiceClient(r.dial("notes"))
	return func(key identitytest.Key) codes.Code {
		ctx := rpc.WithToken(r.t.Context(), key.Token(person, "notes", time.Now(), nil))
		_, err := notes.ListNotes(ctx, &notespb.ListNotesRequest{})
		return status.Code(err)
	}
}

// keysWereNotFlooded says that no process has asked for keys more often than it may since auth is back, and that somebody has.
func (r *rig) keysWereNotFlooded(since time.Duration) {
	r.t.Helper()
	most := (len(r.Members) - len(r.Of("auth"))) * (1 + int(since/fetchPause))
	asked := 0
	for _, m := range r.Of("auth") {
		for _, code := range []string{"OK", "Unavailable"} {
			n, err := m.Metric(r.t.Context(), `rpc_server_seconds_count{code="`+code+`",method="`+authinternalpb.IdentityService_GetKeySet_FullMethodName+`"}`)
			if err == nil {
				asked += int(n)
			}
		}
	}
	r.t.Logf("keys were asked for %d times in %v", asked, since)
	if asked == 0 || asked > most {
		r.t.Errorf("keys were asked for %d times, want 1 to %d", asked, most)
	}
}
