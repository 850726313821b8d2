package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

// command runs the program as an operator does, with no settings but those of
// the database and the key.
func (r *rig) command(args ...string) (code int, stdout, stderr string) {
	r.t.Helper()
	cfg := r.schema.Config
	return runProgram(r.t, map[string]string{
		"AUDIT_MYSQL_ADDR": cfg.Addr, "AUDIT_MYSQL_USER": cfg.User, "AUDIT_MYSQL_PASSWORD": cfg.Password.Reveal(), "AUDIT_MYSQL_DB": cfg.Database,
		"AUDIT_CHECKPOINT_KEY": testSeed,
	}, args...)
}

func runProgram(t *testing.T, settings map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	result := servicetest.Run(t, Program(), settings, args...)
	return result.Code, result.Stdout, result.Stderr
}

func TestVerifyCommand_SaysThatAllIsIntact(t *testing.T) {
	tr := newRig(t).newTrail()
	for line, want := range map[string]string{
		"verify":                     "3 chains, 16 links, 6 checkpoints, 0 events in no chain: intact\n",
		"verify --account " + tr.ann: "1 chains, 10 links, 2 checkpoints, 0 events in no chain: intact\n",
		"verify --account=":          "1 chains, 3 links, 2 checkpoints, 0 events in no chain: intact\n",
		"verify --account nobody-is": "1 chains, 0 links, 0 checkpoints, 0 events in no chain: intact\n",
	} {
		code, stdout, stderr := tr.command(strings.Fields(line)...)
		if code != 0 || stdout != want || stderr != "" {
			t.Errorf("%s: exit code %d\n%s%s", line, code, stdout, stderr)
		}
	}
}

func TestVerifyCommand_NamesTheFirstRowOfEachBrokenChain(t *testing.T) {
	r := newRig(t)
	wanted := map[string]found{}
	for name, a := range attacks() {
		if strings.Contains(name, "another account") || name == "a checkpoint is deleted" {
			continue // they touch two chains; it is not missed once there is a newer one
		}
		tr := r.newTrail()
		a.do(tr)
		wanted[tr.ann] = a.want(tr)
		code, stdout, stderr := tr.command("verify", "--account", tr.ann)
		place := fmt.Sprintf(" at place %d", wanted[tr.ann].Seq)
		if code != 1 || !strings.HasPrefix(stdout, "account "+tr.ann+": ") || wanted[tr.ann].Seq > 0 && !strings.Contains(stdout, place) ||
			!strings.Contains(stdout, wanted[tr.ann].Event) || stderr != "" {
			t.Errorf("%s: exit code %d\n%s%s", name, code, stdout, stderr)
		}
	}
	code, stdout, stderr := r.command("verify", "--json")
	var result report
	err := json.Unmarshal([]byte(stdout), &result)
	if code != 1 || err != nil || stderr != "" {
		t.Fatalf("exit code %d, %v\n%s", code, err, stderr)
	}
	got := map[string]found{}
	for _, f := range result.Findings {
		for kind, name := range map[string]found{"changed": {Kind: changed}, "missing": {Kind: missing}, "added": {Kind: added}, "checkpoint": {Kind: forged}} {
			if f.Finding == kind {
				got[f.Account] = found{name.Kind, f.Position, strings.TrimPrefix(f.Activity, "activities/")}
			}
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("all chains at once: -want +got:\n%s", diff)
	}
	if result.Intact || result.Broken != len(wanted) {
		t.Errorf("%d chains are said to be broken, want %d", result.Broken, len(wanted))
	}
}

func TestVerifyCommand_SpeaksAsInTheRunbook(t *testing.T) {
	tr := newRig(t).newTrail()
	_, stdout, _ := tr.command("verify")
	servicetest.WantSample(t, runbook, "audit verify", stdout)
	tr.tamper("UPDATE events SET subject = 'notes/x' WHERE id = ?", tr.event(7).ID)
	_, stdout, _ = tr.command("verify", "--account", tr.ann)
	servicetest.WantSample(t, runbook, "audit verify --account 0198c2a4-5b1c-7d20-8f6e-3a90c1d2e4f5", stdout)
	e := anEvent(tr.bob)
	tr.insert(e)
	for _, line := range []string{"adopt --dry-run", "adopt"} {
		_, stdout, _ = tr.command(strings.Fields(line)...)
		servicetest.WantSample(t, runbook, "audit "+line, stdout)
	}
}

func TestVerifyCommand_ComparesARunWithTheLog(t *testing.T) {
	tr := newRig(t).newTrail()
	line := tr.logged("checkpoints signed")[1]
	args := []string{"verify", "--run", fmt.Sprint(line["run"]), "--digest", fmt.Sprint(line["digest"])}
	code, stdout, _ := tr.command(args...)
	if want := "3 checkpoints of the run: intact\n"; code != 0 || stdout != want {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	tr.erase("events", "chain", "heads", "checkpoints")
	code, stdout, _ = tr.command("verify")
	if code != 0 {
		t.Errorf("what is left is right in itself, but: %s", stdout)
	}
	code, stdout, _ = tr.command(args...)
	if code != 1 || !strings.HasPrefix(stdout, "2 checkpoints of the run: not what was signed") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
	code, stdout, _ = tr.command(append(args, "--json")...)
	if code != 1 || !strings.HasPrefix(stdout, "{\n  \"intact\": false,\n  \"checkpoints\": 2,\n") {
		t.Errorf("exit code %d: %s", code, stdout)
	}
}

func TestVerifyCommand_ChecksAnExportWithoutADatabaseAndSettings(t *testing.T) {
	tr := newRig(t).newTrail()
	key := tr.keys.publicKey(tr.keys.id)
	file := filepath.Join(t.TempDir(), "trail.jsonl")
	write := func(x *exported) {
		err := os.WriteFile(file, []byte(x.text(t)), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	good := tr.download(tr.activityServer())
	write(good)
	code, stdout, stderr := runProgram(t, nil, "verify", "--export", file, "--public-key", key)
	if code != 0 || !strings.HasPrefix(stdout, "account "+tr.ann+": the key "+tr.keys.id+" signed the first 8 of 10 links on ") ||
		!strings.HasSuffix(stdout, "1 chains, 10 links, 1 checkpoints, 0 events in no chain: intact\n") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	good.header.Trail.Checkpoint = nil
	write(good)
	code, stdout, _ = runProgram(t, nil, "verify", "--export", file, "--public-key", key)
	if code != 0 || !strings.HasPrefix(stdout, "there is no checkpoint") {
		t.Errorf("without a checkpoint: exit code %d\n%s", code, stdout)
	}
	good.at(5).Subject = "notes/x"
	write(good)
	code, stdout, _ = runProgram(t, nil, "verify", "--export", file, "--public-key", key)
	if code != 1 || !strings.HasPrefix(stdout, "account "+tr.ann+": changed at place 5, "+good.at(5).GetName()) {
		t.Errorf("with a change: exit code %d\n%s", code, stdout)
	}
	code, _, stderr = runProgram(t, nil, "verify", "--export", file+"x", "--public-key", key)
	if code != 1 || !strings.Contains(stderr, "no such file") {
		t.Errorf("of no file: exit code %d, %s", code, stderr)
	}
}

func TestVerifyCommand_WhatIsNoCallOfItExitsWith2(t *testing.T) {
	r := newRig(t)
	for _, line := range []string{
		"verify now", "verify --all", "verify --export x", "verify --public-key x", "verify --run 2026-03-04T05:06:07.000000Z", "verify --digest x",
		"verify --export x --public-key x", "verify --export x --public-key " + testSeed + " --account x",
		"verify --run 2026-03-04T05:06:07.000000Z --digest x --account x", "verify --run yesterday --digest x", "adopt now",
	} {
		code, stdout, stderr := r.command(strings.Fields(line)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, "usage: audit "+strings.Fields(line)[0]) {
			t.Errorf("%s: exit code %d\n%s%s", line, code, stdout, stderr)
		}
	}
	for _, name := range []string{"verify", "adopt"} {
		code, stdout, stderr := runProgram(t, nil, name)
		if code != 2 || stdout != "" || !strings.Contains(stderr, "AUDIT_MYSQL_PASSWORD is required") {
			t.Errorf("%s without settings: exit code %d\n%s%s", name, code, stdout, stderr)
		}
		code, _, stderr = runProgram(t, map[string]string{"AUDIT_MYSQL_PASSWORD": "x", "AUDIT_CHECKPOINT_KEY": "a password"}, name)
		if code != 2 || !strings.Contains(stderr, "AUDIT_CHECKPOINT_KEY") || strings.Contains(stderr, "a password") {
			t.Errorf("%s with a wrong key: exit code %d\n%s", name, code, stderr)
		}
	}
}

func TestAdoptCommand_LinksWhatAReleaseBeforeChainsHasRecorded(t *testing.T) {
	r := newRig(t)
	first := anEvent(ann) // there is a chain already
	_, err := r.recordOne(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]Event{ann: {first}}
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2*adoptBatch + 50 {
		e := anEvent([]string{ann, bob, ""}[i%3])
		e.ID = uuid.NewString() // in no order
		e.Time = begin.Add(-time.Duration(i) * time.Hour)
		e.Data = []byte(`{ "as": "it came" }`)
		r.insert(e)
		r.tamper("UPDATE events SET recorded_at = ? WHERE id = ?", begin.Add(time.Duration(i)*time.Second), e.ID)
		want[e.Actor] = append(want[e.Actor], e)
	}
	code, stdout, _ := r.command("verify")
	if code != 1 || !strings.Contains(stdout, "250 events in no chain: 3 broken") {
		t.Errorf("before: exit code %d\n%s", code, stdout)
	}
	for _, step := range []struct{ line, want string }{
		{"adopt --dry-run", "250 events of 3 accounts are in no chain\n"},
		{"adopt --dry-run --json", "{\n  \"dry_run\": true,\n  \"accounts\": 3,\n  \"events\": 250\n}\n"},
		{"adopt", "250 events of 3 accounts were linked\n"},
		{"adopt", "0 events of 0 accounts were linked\n"},
		{"verify", "3 chains, 251 links, 0 checkpoints, 0 events in no chain: intact\n"},
	} {
		code, stdout, stderr := r.command(strings.Fields(step.line)...)
		if code != 0 || stdout != step.want || stderr != "" {
			t.Errorf("%s: exit code %d\n%s%s", step.line, code, stdout, stderr)
		}
	}
	for account, events := range want {
		if diff := cmp.Diff(chainOf(account, events...), r.links(account)); diff != "" {
			t.Errorf("the chain of %q (-want +got):\n%s", account, diff)
		}
	}
}

func TestAdoptCommand_LeavesAnEventAloneThatIsInAnothersChain(t *testing.T) {
	tr := newRig(t).newTrail()
	tr.tamper("UPDATE events SET actor = ? WHERE id = ?", tr.bob, tr.event(5).ID)
	code, stdout, stderr := tr.command("adopt")
	if code != 0 || stdout != "0 events of 0 accounts were linked\n" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
