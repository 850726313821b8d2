package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
)

// accountsWithEvents records one event of each of so many people.
func (r *rig) accountsWithEvents(n int) []string {
	r.t.Helper()
	var accounts []string
	for range n {
		account := uuid.NewString()
		_, err := r.recordOne(r.t.Context(), anEvent(account))
		if err != nil {
			r.t.Fatal(err)
		}
		accounts = append(accounts, account)
	}
	return accounts
}

// checkpoints gives how often each account is signed, as "account seq".
func (r *rig) checkpoints() []string {
	r.t.Helper()
	return column(r.t, r.admin, "SELECT CONCAT(account, ' ', seq) FROM checkpoints ORDER BY account, seq")
}

// logged reads the lines of the log with a message.
func (r *rig) logged(message string) []map[string]any {
	r.t.Helper()
	var found []map[string]any
	lines := bufio.NewScanner(strings.NewReader(r.log.String()))
	for lines.Scan() {
		line := map[string]any{}
		err := json.Unmarshal(lines.Bytes(), &line)
		if err != nil {
			r.t.Fatal(err)
		}
		if line["msg"] == message {
			found = append(found, line)
		}
	}
	return found
}

func TestCheckpointer_SignsEachChainThatHasGrownAndNoOther(t *testing.T) {
	r := newRig(t)
	keys := testKeys(t, testSeed)
	accounts := append(r.accountsWithEvents(2*signBatch+20), "")
	_, err := r.recordOne(t.Context(), anEvent(""))
	if err != nil {
		t.Fatal(err)
	}
	r.sign(keys)
	var want []string
	for _, account := range accounts {
		want = append(want, account+" 1")
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, r.checkpoints()); diff != "" {
		t.Errorf("-want +signed:\n%s", diff)
	}
	r.sign(keys) // there is nothing to sign
	_, err = r.recordOne(t.Context(), anEvent(accounts[3]))
	if err != nil {
		t.Fatal(err)
	}
	r.sign(keys)
	want = append(want, accounts[3]+" 2")
	slices.Sort(want)
	if diff := cmp.Diff(want, r.checkpoints()); diff != "" {
		t.Errorf("-want +signed later:\n%s", diff)
	}
	var chains []any
	for _, line := range r.logged("checkpoints signed") {
		chains = append(chains, line["chains"])
	}
	if diff := cmp.Diff([]any{221.0, 0.0, 1.0}, chains); diff != "" {
		t.Errorf("logged: -want +got:\n%s", diff)
	}
}

func TestCheckpointer_LogsADigestOfWhatItSigned(t *testing.T) {
	r := newRig(t)
	r.accountsWithEvents(3)
	r.sign(testKeys(t, testSeed))
	line := r.logged("checkpoints signed")[0]
	digest := sha256.New()
	for _, text := range column(t, r.admin, "SELECT CONCAT('notejam audit checkpoint 1\n', account, '\n', seq, '\n', LOWER(HEX(hash)), '\n') FROM checkpoints ORDER BY account") {
		_, _ = digest.Write([]byte(text + fmt.Sprint(line["run"]) + "\n"))
	}
	if want := hex.EncodeToString(digest.Sum(nil)); line["digest"] != want {
		t.Errorf("logged %v, want %s", line, want)
	}
}

func TestCheckpointer_ReplicasShareTheWork(t *testing.T) {
	r := newRig(t)
	keys := testKeys(t, testSeed)
	accounts := r.accountsWithEvents(3 * signBatch)
	var signing sync.WaitGroup
	for range 4 {
		own := NewCheckpointer(CheckpointerConfig{
			Store: NewStore(r.schema.Open(t)), Keys: keys, Every: time.Hour, Log: slog.New(slog.NewJSONHandler(r.log, nil)), Metrics: prometheus.NewRegistry(),
		})
		signing.Go(func() {
			err := own.Sign(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
	}
	signing.Wait()
	if n := len(r.checkpoints()); n != len(accounts) {
		t.Errorf("%d chains are signed, want %d", n, len(accounts))
	}
	total := 0.0
	for _, line := range r.logged("checkpoints signed") {
		n, _ := line["chains"].(float64)
		total += n
	}
	if int(total) != len(accounts) {
		t.Errorf("the log says %v", total)
	}
}

func TestCheckpointer_AChainThatSomebodyAddsToIsSignedAfterThat(t *testing.T) {
	r := newRig(t)
	accounts := r.accountsWithEvents(5)
	tx, err := r.admin.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var one int
	err = tx.QueryRowContext(t.Context(), "SELECT 1 FROM heads WHERE account = ? FOR UPDATE", accounts[2]).Scan(&one)
	if err != nil {
		t.Fatal(err)
	}
	signed := make(chan error, 1)
	go func() { signed <- r.checkpointer(testKeys(t, testSeed)).Sign(t.Context()) }()
	r.eventually("the others", func() bool { return len(r.checkpoints()) == 4 })
	err = tx.Rollback()
	if err != nil {
		t.Fatal(err)
	}
	err = <-signed
	if err != nil || len(r.checkpoints()) != 5 {
		t.Errorf("%d chains are signed: %v", len(r.checkpoints()), err)
	}
	if runs := r.logged("checkpoints signed"); len(runs) != 2 || runs[0]["run"] == runs[1]["run"] {
		t.Errorf("the log says %v", runs)
	}
}

func TestCheckpointer_ACheckpointThatIsThereAlreadyHoldsNobodyUp(t *testing.T) {
	tr := newRig(t).newTrail()
	before := tr.checkpoints()
	tr.tamper("UPDATE heads SET checkpoint_seq = 0")
	tr.tamper("UPDATE heads SET seq = 8, hash = ? WHERE account = ?", func() []byte { h := chainHash(tr.ann, tr.events[:8]...); return h[:] }(), tr.ann)
	tr.sign(tr.keys)
	want := slices.Concat(before, []string{tr.bob + " 3", " 3"})
	slices.Sort(want)
	if diff := cmp.Diff(want, tr.checkpoints()); diff != "" {
		t.Errorf("-want +signed:\n%s", diff)
	}
}

func TestCheckpointer_MeasuresWhatIsNotSigned(t *testing.T) {
	r := newRig(t)
	age := func() time.Duration {
		d, err := r.store.OldestUnsigned(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Round(time.Minute)
	}
	if d := age(); d != 0 {
		t.Errorf("of an empty trail: %v", d)
	}
	first, second := anEvent(ann), anEvent(ann)
	for _, e := range []Event{first, second, anEvent(bob)} {
		_, err := r.recordOne(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
	}
	r.tamper("UPDATE events SET recorded_at = UTC_TIMESTAMP(6) - INTERVAL 3 HOUR WHERE id = ?", first.ID)
	r.tamper("UPDATE events SET recorded_at = UTC_TIMESTAMP(6) - INTERVAL 2 HOUR WHERE id = ?", second.ID)
	if d := age(); d != 3*time.Hour {
		t.Errorf("nothing is signed: %v", d)
	}
	r.sign(testKeys(t, testSeed))
	if d := age(); d != 0 {
		t.Errorf("all is signed: %v", d)
	}
}

func TestCheckpointer_RunsInTheServiceAndSaysSo(t *testing.T) {
	s := newSystem(t)
	s.settings["AUDIT_CHECKPOINT_EVERY"] = "1s"
	s.accountsWithEvents(1)
	for !s.start() {
		// Between picking a free port and listening on it somebody else took it.
	}
	s.eventually("a checkpoint", func() bool { return len(s.checkpoints()) == 1 })
	keys := testKeys(t, testSeed)
	if line := s.logged("checkpoints are signed")[0]; line["key_id"] != keys.id || line["public_key"] != keys.publicKey(keys.id) {
		t.Errorf("logged %v", line)
	}
	if strings.Contains(s.log.String(), testSeed) {
		t.Error("the log has the key that signs")
	}
}

func TestCheckpointer_WithoutAKeySignsNothingAndSaysSo(t *testing.T) {
	r := newRig(t)
	r.accountsWithEvents(1)
	keys, err := NewKeys(env.Secret{}, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.checkpointer(keys).Run(ctx) }()
	r.eventually("a word about it", func() bool { return len(r.logged("no checkpoints are signed: there is no key")) == 1 })
	stop()
	err = <-ended
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if len(r.checkpoints()) != 0 {
		t.Error("something was signed")
	}
}

func TestKeys_AreReadFromSettingsOrRefused(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for _, c := range []struct {
		seed, others string
		ok           bool
	}{
		{"", "", true},
		{good, "", true},
		{good, good + "," + testSeed, true},
		{"", good + ", " + testSeed, true},
		{good + "x", "", false},
		{"password", "", false},
		{good[:40], "", false},
		{"", "password", false},
		{good, good + "," + good[:40], false},
	} {
		_, err := NewKeys(env.NewSecret(c.seed), c.others)
		if (err == nil) != c.ok {
			t.Errorf("%q, %q: %v", c.seed, c.others, err)
		}
		if err != nil && c.seed != "" && strings.Contains(err.Error(), c.seed) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}
