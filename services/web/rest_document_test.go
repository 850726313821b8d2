package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestTheOpenAPIDocumentIsForEverybody(t *testing.T) {
	d := startDoor(t)
	b := d.visitor(t)
	b.header = http.Header{}
	answer := b.get("/openapi.json")
	wantStatus(t, answer, http.StatusOK)
	if answer.header.Get("Content-Type") != restType || answer.header.Get("ETag") == "" || answer.header.Get("Cache-Control") != "no-cache" {
		t.Errorf("headers are %v", answer.header)
	}
	b.header.Set("If-None-Match", answer.header.Get("ETag"))
	wantStatus(t, b.get("/openapi.json"), http.StatusNotModified)
	wantStatus(t, b.do(http.MethodPost, "/openapi.json", "application/json", "{}"), http.StatusNotFound)
}

func TestTheOpenAPIDocumentHasEveryRouteAndNoOther(t *testing.T) {
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Security    *[]any
		}
	}
	err := json.Unmarshal([]byte(startDoor(t).visitor(t).get("/openapi.json").body), &document)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.0.") {
		t.Errorf("the version is %q", document.OpenAPI)
	}
	routes, err := restRoutes()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for path, operations := range document.Paths {
		for verb, operation := range operations {
			found++
			route, _ := findRoute(routes, strings.ToUpper(verb), strings.NewReplacer("{", "", "}", "").Replace(path))
			if route == nil {
				t.Errorf("%s %s is no route", verb, path)
				continue
			}
			if open := operation.Security != nil && len(*operation.Security) == 0; open != route.anonymous {
				t.Errorf("%s: open to anyone is %v", operation.OperationID, open)
			}
		}
	}
	if found != len(routes) {
		t.Errorf("%d operations for %d routes", found, len(routes))
	}
}
