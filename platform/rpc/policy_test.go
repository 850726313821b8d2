package rpc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/policypb"
)

func TestARpcThatLeavesARuleOutIsRefused(t *testing.T) {
	with := func(p *policypb.MethodPolicy, change func(*policypb.MethodPolicy)) *policypb.MethodPolicy {
		changed := proto.Clone(p).(*policypb.MethodPolicy)
		change(changed)
		return changed
	}
	web := []string{"web"}
	tests := []struct {
		name        string
		pkg         string
		callers     []string
		read, write *policypb.MethodPolicy
		want        string // empty: nothing is wrong
	}{
		{"all rules there", "notejam.t.v1", web, readPolicy, writePolicy, ""},
		{"no policy at all", "notejam.t.v1", web, nil, writePolicy, "Read has no valid scope"},
		{"no scope", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Scope = "" }), writePolicy, "Read has no valid scope"},
		{"no owner", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Owner = 0 }), writePolicy, "Read has no owner rule"},
		{"no event", "notejam.t.v1", web, readPolicy, with(writePolicy, func(p *policypb.MethodPolicy) { p.Event = "" }), "Write has no valid event type"},
		{"no class", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Class = 0 }), writePolicy, "Read has no class"},
		{"no callers", "notejam.t.v1", nil, readPolicy, writePolicy, "Read names no callers"},
		{"a read with an event", "notejam.t.v1", web, writePolicy, writePolicy, "Read must have a request_id exactly if it writes an event"},
		{"a write without an event", "notejam.t.v1", web, readPolicy, readPolicy, "Write must have a request_id exactly if it writes an event"},
		{"a write that calls itself none", "notejam.t.v1", web, readPolicy, readPolicy, "Write is not named like a read but writes no event"},
		{"a person but nobody's rows", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Owner = policypb.Owner_OWNER_NONE }), writePolicy, "owner rule NONE"},
		{"nobody but somebody's rows", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Scope = "anonymous" }), writePolicy, "knows no person"},
		{"scope service in a public package", "notejam.t.v1", web, with(readPolicy, func(p *policypb.MethodPolicy) { p.Scope, p.Owner = "service", policypb.Owner_OWNER_NONE }), writePolicy, "outside an internal package"},
		{"an internal method leans on its service's callers", "notejam.t.internal.v1", web, readPolicy, writePolicy, "Read names no callers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := probeFile(t, test.pkg, test.callers, test.read, test.write)
			_, err := rpc.Policies(file.Services().Get(0))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestTheListOfCallsNamesEachRightOnceAndInOrder(t *testing.T) {
	file := probeFile(t, "notejam.t.v1", []string{"web", "audit"}, readPolicy, writePolicy)
	policies, err := rpc.Policies(file.Services().Get(0))
	if err != nil {
		t.Fatal(err)
	}
	want := []rpc.Call{
		{Caller: "audit", Service: "notejam.t.v1.ProbeService", Methods: []string{"Read", "Write"}},
		{Caller: "web", Service: "notejam.t.v1.ProbeService", Methods: []string{"Read", "Write"}},
	}
	if diff := cmp.Diff(want, rpc.Calls(policies)); diff != "" {
		t.Error(diff)
	}
}
