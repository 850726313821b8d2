package e2e_test

import (
	"bufio"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/encoding/protojson"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/services/audit"
)

const activityPath = "/settings/activity/"

var activityRules = []rule{
	{"Activity tells in plain words what happened, the newest first, with a link to what is there still and the id of the request", with(func(p *person) {
		id := p.createNote("n", "x", "")
		edit := "/notes/" + id + "/edit/"
		p.submit(edit, note("m", "x", "")).is(http.StatusSeeOther)
		last := p.submit(edit, note("m", "y", "")).is(http.StatusSeeOther)
		sentences := []string{"You edited a note", "You renamed a note", "You created a note", "You signed in", "You signed up"}
		got := p.activityUntil(sentences...)
		rest := got.text()
		for _, sentence := range sentences {
			_, after, found := strings.Cut(rest, sentence)
			if !found {
				p.t.Errorf("%q is not in its place in %q", sentence, got.text())
			}
			rest = after
		}
		if link := got.linkTo("a note"); link != "/notes/"+id+"/" {
			p.t.Errorf("the link leads to %q", link)
		}
		got.says(last.header.Get("X-Request-Id"))
	})},
	{"Activity is chosen by kind and by day, and its pages keep the choice", with(func(p *person) {
		p.createPad("first")
		for i := range 25 {
			p.api(http.MethodPost, "/v1/pads", map[string]string{"title": fmt.Sprint(i)})
		}
		p.createNote("n", "x", "")
		p.settled(1)
		eventually(p.t, "the trail has all pads and sign-ins", 10*time.Second, func() error {
			types := p.activities()
			if count(types, "notejam.notes.pad.created.v1") != 26 || count(types, "notejam.auth.session.created.v1") != 2 {
				return fmt.Errorf("it has %v", types)
			}
			return nil
		})
		today := time.Now().UTC().Format(time.DateOnly)
		chosen := activityPath + "?from=" + today + "&kind=pads&to=" + today
		first := p.get(chosen).is(http.StatusOK).saysNot("You signed up.").saysNot("a note").isHolding("from", today).isHolding("to", today)
		if first.chosen() != "pads" {
			p.t.Errorf("the form shows %q", first.chosen())
		}
		next := first.linkTo("Next")
		second := p.get(next).is(http.StatusOK).says("You created a pad").saysNot("You signed up.")
		if pads := strings.Count(first.text()+second.text(), "You created a pad"); pads != 26 {
			p.t.Errorf("both pages show %d of 26 pads", pads)
		}
		if newest := second.linkTo("Newest"); newest != chosen {
			p.t.Errorf("Newest leads to %q", newest)
		}
		p.get(activityPath + "?kind=account").says("You signed in.").saysNot("a pad")
		p.get(activityPath + "?to=2020-01-01").says("Nothing like that happened.")
		for _, wrong := range []string{"?kind=x", "?from=tomorrow&to=", "?page=x", "?from=9999-99-99"} {
			p.get(activityPath + wrong).is(http.StatusOK).says("You created a note")
		}
	})},
	{"Activity has a picture of the last 90 days, and a sentence that says what it shows", with(func(p *person) {
		p.createNote("n", "x", "")
		got := p.activityUntil("entries in the last 90 days, most today.")
		if bars := len(got.all("rect")); bars != 1 {
			p.t.Errorf("%d bars", bars)
		}
	})},
	{"Verify says in plain words that all entries are as they were recorded", with(func(p *person) {
		p.createNote("n", "x", "")
		p.activityUntil("You created a note")
		eventually(p.t, "all entries are verified", 10*time.Second, func() error {
			want := fmt.Sprintf("All %d entries are as they were recorded.", len(p.activities()))
			got := p.get(activityPath + "verify/").is(http.StatusOK).headline("Verify your activity").text()
			if !strings.Contains(got, want) {
				return fmt.Errorf("%q is not in %q", want, got)
			}
			return nil
		})
	})},
	{"Verify says so when an entry was put there behind the back of the service", with(func(p *person) {
		p.createNote("n", "x", "")
		p.activityUntil("You created a note")
		forged := p.forgeActivity()
		got := p.get(activityPath + "verify/").is(http.StatusOK).saysNot("as they were recorded")
		got.says("There is an entry that was not recorded like the others.").says("tell whoever runs this Notejam").says(forged)
	})},
	{"The download is the whole trail: a line to check it against, then one for each entry", with(func(p *person) {
		p.createNote("n", "x", "")
		p.activityUntil("You created a note")
		got := p.get(activityPath + "export/").is(http.StatusOK)
		if kind := got.header.Get("Content-Disposition"); !strings.HasPrefix(kind, "attachment; ") {
			p.t.Errorf("it is %q", kind)
		}
		lines := bufio.NewScanner(strings.NewReader(got.body))
		lines.Scan()
		var header auditpb.ExportHeader
		err := protojson.Unmarshal(lines.Bytes(), &header)
		if err != nil || header.GetTrail().GetLength() < 1 {
			p.t.Fatalf("%v: %s", err, lines.Text())
		}
		position := header.GetTrail().GetLength()
		for ; lines.Scan(); position-- {
			var entry auditpb.Activity
			err := protojson.Unmarshal(lines.Bytes(), &entry)
			if err != nil || entry.GetActor() != header.GetAccount() || entry.GetChainPosition() > header.GetTrail().GetLength() {
				p.t.Fatalf("%v: %s", err, lines.Text())
			}
		}
		if position != 0 {
			p.t.Errorf("%d lines are missing", position)
		}
	})},
	{"The download stands the check of audit verify, which needs the public key and nothing else of ours", with(func(p *person) {
		p.createNote("n", "x", "")
		p.activityUntil("You created a note")
		file := filepath.Join(p.t.TempDir(), "trail.jsonl")
		err := os.WriteFile(file, []byte(p.get(activityPath+"export/").is(http.StatusOK).body), 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		result := servicetest.Run(p.t, audit.Program(), nil, "verify", "--export", file, "--public-key", checkpointKey(p.t))
		if result.Code != 0 || !strings.Contains(result.Stdout, "0 events in no chain: intact") {
			p.t.Errorf("exit code %d\n%s%s", result.Code, result.Stdout, result.Stderr)
		}
	})},
	{"Nobody sees, verifies or downloads another person's trail", with(func(p *person) {
		id := p.createNote("n", "x", "")
		p.activityUntil("You created a note")
		bob := signedIn(p.t, p.base, "bob")
		for _, path := range []string{activityPath, activityPath + "export/"} {
			bob.get(path).is(http.StatusOK).saysNot(id)
		}
		out := visitor(p.t, p.base)
		for _, path := range []string{activityPath + "verify/", activityPath + "export/"} {
			out.get(path).leadsTo("/signin/?next=" + url.QueryEscape(path))
		}
	})},
}

// checkpointKey is the public half of the key that signs, as an operator would have it from the log.
func checkpointKey(t *testing.T) string {
	t.Helper()
	seed, err := base64.StdEncoding.DecodeString(stack.Settings("audit")["AUDIT_CHECKPOINT_KEY"])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed)[ed25519.SeedSize:])
}

// forgeActivity copies one of the person's events as whoever has audit's database user could, and gives the id.
func (p *person) forgeActivity() string {
	p.t.Helper()
	set := env.New(env.Map(stack.Settings("audit")))
	db, err := mysql.Open(mysql.Settings(set, "AUDIT", 1), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil || set.Err() != nil {
		p.t.Fatal(err, set.Err())
	}
	defer func() { _ = db.Close() }()
	_, answer := p.api(http.MethodGet, "/v1/activities?page_size=1", nil)
	newest := answer["activities"].([]any)[0].(map[string]any)
	id := uuid.Must(uuid.NewV7()).String()
	_, err = db.ExecAutocommit(p.t.Context(), `
INSERT INTO events (
	id,
	source,
	type,
	subject,
	subject_version,
	actor,
	request_id,
	data,
	occurred_at,
	recorded_at
)
SELECT
	?,
	source,
	type,
	subject,
	subject_version,
	actor,
	request_id,
	data,
	occurred_at,
	recorded_at
FROM events
WHERE id = ?`, id, strings.TrimPrefix(fmt.Sprint(newest["name"]), "activities/"))
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// activityUntil gives the page when it says the sentences: an event takes a moment.
func (p *person) activityUntil(sentences ...string) *page {
	p.t.Helper()
	var got *page
	eventually(p.t, "the events are recorded", 10*time.Second, func() error {
		got = p.get(activityPath).is(http.StatusOK)
		for _, sentence := range sentences {
			if !strings.Contains(got.text(), sentence) {
				return fmt.Errorf("%q is not in %q", sentence, got.text())
			}
		}
		return nil
	})
	return got
}
