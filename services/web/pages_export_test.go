package web

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

const exportPath = "/settings/activity/export/"

func TestExport_IsTheWholeTrailAsJSONLines(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.addActivities(250)
	d.trail.Checkpoint = &auditpb.Checkpoint{Account: "ada@example.org", Length: 200, Hash: "earlier", KeyId: "key"}
	later := &auditpb.Activity{Name: "activities/later", ChainPosition: 251}
	unchained := &auditpb.Activity{Name: "activities/unchained"}
	d.activities = append([]*auditpb.Activity{later}, append(d.activities, unchained)...)
	before := d.count()
	answer := b.get(exportPath)
	wantStatus(t, answer, http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type":            "application/jsonl; charset=utf-8",
		"Content-Disposition":     `attachment; filename="notejam-activity-2026-11-23.jsonl"`,
		"Content-Security-Policy": dataPolicy,
		"Cache-Control":           "no-store",
	} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if calls := d.since(before); !slices.Equal(calls, []string{"ExchangeSession", "GetTrail", "ListActivities", "ListActivities", "ListActivities"}) {
		t.Errorf("it took the calls %v", calls)
	}
	header, rest, _ := strings.Cut(answer.body, "\n")
	var first auditpb.ExportHeader
	err := protojson.Unmarshal([]byte(header), &first)
	if err != nil {
		t.Fatal(err)
	}
	wantFirst := &auditpb.ExportHeader{Format: "notejam trail", Version: 1, Account: "ada@example.org", Trail: d.trail}
	if diff := cmp.Diff(wantFirst, &first, protocmp.Transform()); diff != "" {
		t.Errorf("the header (-want +got):\n%s", diff)
	}
	want := d.activities[1:]
	lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines for %d entries", len(lines), len(want))
	}
	for i, line := range lines {
		var got auditpb.Activity
		err := protojson.Unmarshal([]byte(line), &got)
		if err != nil || !proto.Equal(&got, want[i]) {
			t.Fatalf("line %d is %s, want %v: %v", i, line, want[i], err)
		}
	}
}

func TestExport_OfAnEmptyTrailIsItsHeader(t *testing.T) {
	d := startDoor(t)
	d.addActivities(0)
	answer := d.signedIn(t, "ada@example.org").get(exportPath)
	if want := `{"format":"notejam trail","version":1,"account":"ada@example.org","trail":{"hash":"hash"}}` + "\n"; answer.body != want {
		t.Errorf("got %q", answer.body)
	}
}

// download begins a download and gives it after its first line.
func (b *browser) download() io.Reader {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+exportPath, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	maps.Copy(request.Header, b.header)
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = response.Body.Close() })
	reader := bufio.NewReader(response.Body)
	_, err = reader.ReadString('\n')
	if err != nil || response.StatusCode != http.StatusOK {
		b.t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	return reader
}

// heldPages makes the fake answer the second page of each list only after release, or when it stops.
func (d *testDoor) heldPages(failure error) (release func()) {
	held := make(chan struct{})
	d.listing = func(ctx context.Context, place string) error {
		if place != "100" {
			return nil
		}
		select {
		case <-held:
			return failure
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return sync.OnceFunc(func() { close(held) })
}

func TestExport_BreaksOffWhenItCannotBeFinished(t *testing.T) {
	for name, c := range map[string]struct {
		breaks  func(d *testDoor)
		failure error // of the second page
	}{
		"audit goes away": {func(d *testDoor) { d.stop(forAudit) }, nil},
		"audit fails":     {func(*testDoor) {}, fault.New(fault.Internal, fault.ReasonInternal, "x")},
		"the session ends": {func(d *testDoor) {
			d.clock.Add(11) // seconds: what was known of the session is too old
			d.mu.Lock()
			defer d.mu.Unlock()
			clear(d.sessions)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t)
			b := d.signedIn(t, "ada@example.org")
			d.addActivities(250)
			release := d.heldPages(c.failure)
			reader := b.download() // its first page is here while the second is not
			c.breaks(d)
			release()
			_, err := io.ReadAll(reader)
			if err == nil {
				t.Error("a part of the trail looks like the whole")
			}
			if log := d.log.String(); !strings.Contains(log, `"level":"WARN"`) || strings.Contains(log, "panic") {
				t.Errorf("the log says %s", log)
			}
		})
	}
}

func TestExport_ThatCannotBeginIsAnErrorPage(t *testing.T) {
	for method, failure := range map[string]error{
		"GetTrail":       fault.New(fault.Unimplemented, "METHOD_UNKNOWN", "No such method."), // an audit of the release before
		"ListActivities": fault.New(fault.Timeout, fault.ReasonDeadline, "Slow."),
	} {
		d := startDoor(t)
		d.fail(method, failure)
		answer := d.signedIn(t, "ada@example.org").get(exportPath)
		wantStatus(t, answer, http.StatusServiceUnavailable)
		if answer.header.Get("Content-Disposition") != "" || answer.header.Get("Retry-After") == "" || heading(t, answer.body) != errAway.heading {
			t.Errorf("%s: got %v with\n%s", method, answer.header, answer.body)
		}
	}
}

func TestExport_IsWrittenForAFewPeopleAtATime(t *testing.T) {
	d := startDoor(t)
	b := d.signedIn(t, "ada@example.org")
	d.addActivities(150)
	release := d.heldPages(nil)
	defer release()
	var readers []io.Reader
	for range maxExports {
		readers = append(readers, b.download())
	}
	wantStatus(t, b.get(exportPath), http.StatusServiceUnavailable)
	wantStatus(t, b.get("/settings/activity/"), http.StatusOK)
	release()
	for _, reader := range readers {
		_, err := io.ReadAll(reader)
		if err != nil {
			t.Error(err)
		}
	}
	wantStatus(t, b.get(exportPath), http.StatusOK)
}

func TestExport_AnswersHEADWithoutWritingIt(t *testing.T) {
	d := startDoor(t)
	d.addActivities(150)
	answer := d.signedIn(t, "ada@example.org").do(http.MethodHead, exportPath, "", "")
	wantStatus(t, answer, http.StatusOK)
	if got := answer.header.Get("Content-Type"); got != exportType {
		t.Errorf("the type is %q", got)
	}
	if calls := d.since(0); !slices.Equal(calls, []string{"ExchangeSession", "GetTrail", "ListActivities"}) {
		t.Errorf("it took the calls %v", calls)
	}
}
