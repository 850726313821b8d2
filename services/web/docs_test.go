package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/proto/openapi"
)

func TestDocs_TellOfEveryCall(t *testing.T) {
	docs, err := readDocs(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := restRoutes()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, group := range docs.Groups {
		for _, call := range group.Calls {
			calls++
			route, _ := findRoute(routes, call.Verb, call.SamplePath)
			if route == nil || route.anonymous != call.Open {
				t.Errorf("%s %s leads to %v", call.Verb, call.SamplePath, route)
			}
			if len(call.Answers) < 5 || strings.Contains(call.Curl, "{note}") {
				t.Errorf("%s: %v", call.ID, call)
			}
		}
	}
	if calls != len(routes) {
		t.Errorf("%d calls for %d routes", calls, len(routes))
	}
}

func TestDocs_ShowACallAsOneTypesIt(t *testing.T) {
	docs, err := readDocs(openapi.Document)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, group := range docs.Groups {
		for _, call := range group.Calls {
			got[call.ID] = call.Curl
		}
	}
	for id, want := range map[string]string{
		"listPads": `curl "$URL/v1/pads" \
  -H "Authorization: Bearer $TOKEN"`,
		"createPad": `curl "$URL/v1/pads" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -d '{"title": "Recipes"}'`,
		"updatePad": `curl -X PATCH "$URL/v1/pads/019843c1-5b2a-7d4e-9f00-8a6c1d2e3f40" \
  -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -d '{"title": "Recipes"}'`,
		"deletePad": `curl -X DELETE "$URL/v1/pads/019843c1-5b2a-7d4e-9f00-8a6c1d2e3f40" \
  -H "Authorization: Bearer $TOKEN"`,
		"signIn": `curl "$URL/v1/auth:signIn" \
  -H 'Content-Type: application/json' -d '{"email": "ada@example.org", "password": "harbour lantern 2026"}'`,
	} {
		if diff := cmp.Diff(want, got[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestDocs_KeepCodeApartFromText(t *testing.T) {
	want := Words{{Text: "Use "}, {Text: "pad = \"\"", Code: true}, {Text: " for none."}}
	if diff := cmp.Diff(want, inWords("Use `pad = \"\"` for none.")); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
}

func TestThePageOfTheAPIIsForEverybodyAndItsFormForWhoIsSignedIn(t *testing.T) {
	d := startDoor(t)
	stranger := d.visitor(t).get("/docs/")
	wantStatus(t, stranger, http.StatusOK)
	wantText(t, stranger, "POST /v1/notes")
	wantText(t, stranger, `/signin/?next=%2Fdocs%2F`)
	wantNoText(t, stranger, "try-token")
	ada := d.signedIn(t, "ada@example.org").get("/docs/")
	wantStatus(t, ada, http.StatusOK)
	wantText(t, ada, "try-token")
	if strings.Contains(ada.body, `name="`) && strings.Contains(ada.body, "<form action") {
		t.Error("the form could be sent without the script")
	}
}
