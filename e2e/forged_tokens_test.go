package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity/identitytest"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestAllForgedTokensAreRefusedAlike(t *testing.T) {
	ann := newOwner(t, "ann")
	note := ann.note()
	forgeries := identitytest.Forgeries(signingKey(t), ann.principal, "notes", time.Now())
	for i := range ann.token { // a session's secret with one letter changed, anywhere
		forgeries = append(forgeries, identitytest.Forgery{Name: "a letter of the session", Token: oneLetter(ann.token, i)})
	}
	row := grpcRow{
		t: t, method: method{service: "notes", answer: "notejam.notes.v1.Note"}, request: &notespb.GetNoteRequest{Name: note},
		conns: map[[2]string]*grpc.ClientConn{{"web", "notes"}: dial(t, "web", "notes")},
	}
	row.method.Method = notespb.NotesService_GetNote_FullMethodName
	good := row.call("web", signingKey(t).Token(ann.principal, "notes", time.Now(), nil), row.request)
	if good.code != codes.OK {
		t.Fatalf("a good token of the forger's: %v", good)
	}
	byGRPC, byREST := row.call("web", "", row.request), ask(ann.person, http.MethodGet, "/v1/"+note, nil, nil)
	sent := 0
	for _, forgery := range forgeries {
		if !sendable(forgery.Token) {
			continue
		}
		sent++
		got := row.call("web", forgery.Token, row.request)
		if got != byGRPC || got.code != codes.Unauthenticated || got.reason != fault.ReasonTokenInvalid {
			t.Errorf("gRPC, %s: %v, and without a token %v", forgery.Name, got, byGRPC)
		}
		got = ask(ann.person, http.MethodGet, "/v1/"+note, nil, bearer(forgery.Token))
		if got != byREST || got.code != codes.Unauthenticated || got.reason != fault.ReasonTokenInvalid {
			t.Errorf("REST, %s: %v, and without a token %v", forgery.Name, got, byREST)
		}
	}
	if sent < 60 {
		t.Errorf("%d were sent", sent)
	}
	t.Logf("%d forged tokens were sent", sent)
}

// oneLetter changes the letter at a place.
func oneLetter(token string, at int) string {
	letter := "x"
	if token[at] == 'x' {
		letter = "y"
	}
	return token[:at] + letter + token[at+1:]
}

// sendable says whether a header can carry the text as it is: neither line ends,
// nor a space at an end, which is nobody's.
func sendable(token string) bool {
	odd := strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' })
	return !odd && token == strings.TrimSpace(token)
}
