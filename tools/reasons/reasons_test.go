package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// code is a repository with one file, of the service notes.
func code(t *testing.T, text string) []source {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{"platform", "services/notes"} {
		err := os.MkdirAll(filepath.Join(root, folder), 0o700)
		if err != nil {
			t.Fatal(err)
		}
	}
	err := os.WriteFile(filepath.Join(root, "services/notes/x.go"), []byte("package notes\n"+text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := parse(root)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func TestAReasonHasItsMeaningItsKindsAndWhoAnswersIt(t *testing.T) {
	list, mistakes := reasons(code(t, `
const (
	// ReasonGone is a note
	// that is gone.
	ReasonGone fault.Reason = "GONE"
	// reasonType is a wrong type.
	reasonType fault.Reason = "TYPE"
	again fault.Reason = "GONE"
)
var e1 = fault.New(fault.NotFound, ReasonGone, "It is gone.")
var e2 = &fault.Error{Kind: fault.Aborted, Reason: again}
var e3 = fault.New(fault.Invalid, reasonType, "What?")
var special = map[fault.Reason]int{reasonType: http.StatusUnsupportedMediaType}
`))
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	got := page(list)
	for _, row := range []string{
		"| `GONE` | `ABORTED`, `NOT_FOUND` | 409, 404 | a note that is gone | notes |\n",
		"| `TYPE` | `INVALID_ARGUMENT` | 415 | a wrong type | notes |\n",
	} {
		if !strings.Contains(got, row) {
			t.Errorf("there is no row %s in\n%s", row, got)
		}
	}
}

func TestAReasonWithoutAConstantOrACommentIsAMistake(t *testing.T) {
	_, mistakes := reasons(code(t, `
const reasonBare fault.Reason = "BARE"
var e1 = fault.New(fault.NotFound, reasonBare, "It is gone.")
var e2 = fault.New(fault.NotFound, "LOOSE", "It is gone.")
`))
	want := []string{"BARE has no comment that says what it means", "LOOSE is made without a constant"}
	if !slices.Equal(mistakes, want) {
		t.Errorf("got %q, want %q", mistakes, want)
	}
}
