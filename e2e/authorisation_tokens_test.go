package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// personalScopes are those that a personal access token can have, as the contract
// says.
func personalScopes() []string {
	field := (&authpb.Token{}).ProtoReflect().Descriptor().Fields().ByName("scopes")
	options, _ := field.Options().(*descriptorpb.FieldOptions)
	limits, _ := proto.GetExtension(options, policypb.E_Limits).(*policypb.Limits)
	return limits.GetOneOf()
}

func without(scopes []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == one })
}

// tokenFor makes a personal access token with these scopes, by REST.
func (o *owner) tokenFor(scopes []string) string {
	o.t.Helper()
	secret, _ := o.makeToken(scopes...)
	return secret
}

func TestWhatATokenMayNotDoIsInItsOwnersTrail(t *testing.T) {
	all := startProcesses(t)
	ann := signedIn(t, all.stack.URL(), "ann")
	secret, name := ann.makeToken("pads:read")
	for range 3 {
		wantCall(t, http.StatusForbidden, "SCOPE_MISSING")(ann.call(http.MethodGet, "/v1/notes", nil, secret))
	}
	wantCall(t, http.StatusForbidden, "SCOPE_MISSING")(ann.call(http.MethodDelete, "/v1/"+name, nil, secret))
	for _, service := range []string{"auth", "notes"} { // which write their counts once a minute, and when they stop
		all.stop(service)
		all.start(service)
		all.waitReady(service)
	}
	want := map[string]string{
		"notejam.notes.access.denied.v1": `{"count":3,"method":"/notejam.notes.v1.NotesService/ListNotes"}`,
		"notejam.auth.access.denied.v1":  `{"count":1,"method":"/notejam.auth.v1.TokensService/DeleteToken"}`,
	}
	eventually(t, "the trail tells what was denied", 20*time.Second, func() error {
		got := map[string]string{}
		ann.each("/v1/activities", "activities", func(a map[string]any) {
			if kind := fmt.Sprint(a["type"]); want[kind] != "" {
				got[kind] = fmt.Sprint(a["data"])
			}
		})
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New(diff)
		}
		return nil
	})
}
