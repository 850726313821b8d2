package rpc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheChainHasItsOrder(t *testing.T) {
	var got []string
	for _, step := range (&Server{}).chain() {
		got = append(got, step.name)
	}
	want := []string{"request id", "log", "metrics", "denials", "read-only", "recover and translate", "deadline", "identity", "policy", "limit"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
