package e2e_test

// Every RPC and every route is provoked, and each error that leaves must carry its reason, one of docs/errors.md.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/openapi"
)

func TestEveryRPCRefusesWithAReasonOfTheList(t *testing.T) {
	known := knownReasons(t)
	ann := signedIn(t, stack.URL(), "ann")
	tokens := map[string]context.Context{ // taken before one of the calls signs her out
		"auth": ann.withAccessToken("auth"), "notes": ann.withAccessToken("notes"), "audit": ann.withAccessToken("audit"),
	}
	refused := 0
	for _, method := range everyRPC() {
		callee := strings.Split(string(method.FullName()), ".")[1]
		path := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
		for _, caller := range []string{"web", "auth", "audit"} {
			conn := dial(t, caller, callee)
			for name, ctx := range map[string]context.Context{
				"without a token":     t.Context(),
				"with a forged token": rpc.WithToken(t.Context(), "forged"),
				"with a token":        tokens[callee],
			} {
				request, answer := dynamicpb.NewMessage(method.Input()), dynamicpb.NewMessage(method.Output())
				err := conn.Invoke(ctx, path, request, answer)
				if err == nil {
					continue
				}
				refused++
				wantReason(t, path+" of "+caller+" "+name, err, known)
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d calls were refused", refused)
	}
}

// everyRPC gives the methods of all our services, the internal ones too.
func everyRPC() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	for file := range protoregistry.GlobalFiles.RangeFiles {
		if !strings.HasPrefix(string(file.Package()), "notejam.") {
			continue
		}
		for s := range file.Services().Len() {
			methods := file.Services().Get(s).Methods()
			for m := range methods.Len() {
				all = append(all, methods.Get(m))
			}
		}
	}
	return all
}

// wantReason looks at the status as it came over the wire.
func wantReason(t *testing.T, what string, err error, known map[string]bool) {
	t.Helper()
	said := wireStatus(err)
	var found *errdetails.ErrorInfo
	for _, detail := range said.Details() {
		info, ok := detail.(*errdetails.ErrorInfo)
		if ok {
			found = info
		}
	}
	switch {
	case found == nil:
		t.Errorf("%s: %v has no ErrorInfo", what, said)
	case found.GetDomain() != "notejam" || !known[found.GetReason()]:
		t.Errorf("%s: the reason %q of %q is not in docs/errors.md", what, found.GetReason(), found.GetDomain())
	case said.Message() == "" || said.Code() == codes.Internal || said.Code() == codes.Unknown:
		t.Errorf("%s: %v", what, said)
	}
}

// wireStatus finds the status under what our client made of it.
func wireStatus(err error) *status.Status {
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		said, ok := cause.(interface{ GRPCStatus() *status.Status })
		if ok {
			return said.GRPCStatus()
		}
	}
	return status.Convert(err)
}

func TestEveryRouteRefusesWithAReasonOfTheList(t *testing.T) {
	known := knownReasons(t)
	ann := signedIn(t, stack.URL(), "ann")
	ann.api(http.MethodGet, "/v1/notes", nil) // signs in
	for _, route := range everyRoute(t) {
		for name, provoke := range map[string]func(*http.Request){
			"without a token":      func(r *http.Request) { r.Header.Del("Authorization") },
			"with a forged token":  func(r *http.Request) { r.Header.Set("Authorization", "Bearer nj_ses_"+strings.Repeat("x", 43)) },
			"of another site":      func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"that does not exist":  func(*http.Request) {},
			"with a parameter":     func(r *http.Request) { r.URL.RawQuery = "colour=red" },
			"by another method":    func(r *http.Request) { r.Method = http.MethodPut },
			"with a wrong type":    func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
			"with a condition":     func(r *http.Request) { r.Header.Set("If-Match", "W/"); r.Header.Set("If-None-Match", "W/") },
			"with a wrong path":    func(r *http.Request) { r.URL.Path += "/x" },
			"with an unknown name": func(r *http.Request) { r.URL.Path += ":x" },
		} {
			t.Run(route.method+" "+route.path+" "+name, func(t *testing.T) {
				body := `{"colour": "red"}`
				request := ann.request(route.method, route.path, strings.NewReader(body))
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Authorization", "Bearer "+ann.token)
				provoke(request)
				answer := ann.do(request)
				if answer.status < http.StatusBadRequest {
					return // nothing is wrong with it
				}
				wantErrorBody(t, answer, known)
			})
		}
	}
}

// exampleID is an id that nothing has.
const exampleID = "019843c1-5b2a-7d4e-9f00-8a6c1d2e3f40"

type apiRoute struct{ method, path string }

// everyRoute gives the routes of the document that is served, with an id that nobody has.
func everyRoute(t *testing.T) []apiRoute {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	err := json.Unmarshal(openapi.Document, &document)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`\{[a-z]+\}`)
	var all []apiRoute
	for path, operations := range document.Paths {
		for verb := range operations {
			all = append(all, apiRoute{strings.ToUpper(verb), id.ReplaceAllString(path, exampleID)})
		}
	}
	return all
}

func wantErrorBody(t *testing.T, answer *page, known map[string]bool) {
	t.Helper()
	var body struct {
		Error struct {
			Code            int
			Status, Message string
			Details         []struct{ Reason, Domain string }
		}
	}
	err := json.Unmarshal([]byte(answer.body), &body)
	if err != nil {
		t.Fatalf("%v in %s", err, answer.body)
	}
	got := body.Error
	if got.Code != answer.status || got.Status == "" || got.Message == "" || len(got.Details) == 0 {
		t.Fatalf("%d: %s", answer.status, answer.body)
	}
	if got.Details[0].Domain != "notejam" || !known[got.Details[0].Reason] {
		t.Errorf("the reason %q is not in docs/errors.md", got.Details[0].Reason)
	}
	if answer.status >= http.StatusInternalServerError {
		t.Errorf("%d: %s", answer.status, answer.body)
	}
}

// knownReasons reads docs/errors.md, which is made of the code.
func knownReasons(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		known[row[1]] = true
	}
	return known
}
