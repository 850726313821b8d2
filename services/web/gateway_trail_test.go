package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

func TestREST_ListsAndVerifiesATrail(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	d.addActivities(30)
	d.trail.Checkpoint = &auditpb.Checkpoint{Length: 20, KeyId: "key"}
	d.finds(&auditpb.VerifyTrailResponse{Checked: 30, Checkpoint: d.trail.GetCheckpoint()})

	filter := `type = "notejam.auth.*" AND occur_time >= "2026-11-01T00:00:00Z"`
	listed := p.do(http.MethodGet, "/v1/activities?page_size=25&filter="+url.QueryEscape(filter), "", "")
	wantStatus(t, listed, http.StatusOK)
	var list struct {
		Activities []struct {
			Type, Data, ChainPosition, ChainHash string
			OccurTime                            time.Time
			ChangedFields                        []string
		}
		NextPageToken string
	}
	err := json.Unmarshal([]byte(listed.body), &list)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Activities) != 25 || list.NextPageToken != "25" || list.Activities[0].ChainPosition != "30" || list.Activities[0].ChangedFields == nil {
		t.Errorf("got %s", listed.body)
	}
	if got := last[*auditpb.ListActivitiesRequest](d.world).GetFilter(); got != filter {
		t.Errorf("audit was asked for %q", got)
	}

	trail := p.do(http.MethodGet, "/v1/trail", "", "")
	wantStatus(t, trail, http.StatusOK)
	wantText(t, trail, `"length":"30"`)
	wantText(t, trail, `"keyId":"key"`)

	verified := p.do(http.MethodGet, "/v1/trail:verify?page_token=place", "", "")
	wantStatus(t, verified, http.StatusOK)
	wantText(t, verified, `"finding":"FINDING_UNSPECIFIED"`)
	wantText(t, verified, `"checked":"30"`)
	if got := last[*auditpb.VerifyTrailRequest](d.world).GetPageToken(); got != "place" {
		t.Errorf("audit was asked for %q", got)
	}

	wantRESTError(t, p.do(http.MethodGet, "/v1/activities?page_token=nonsense", "", ""), 400, "INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
	d.fail("VerifyTrail", fault.New(fault.Denied, fault.ReasonScopeMissing, "No."))
	wantRESTError(t, p.do(http.MethodGet, "/v1/trail:verify", "", ""), 403, "PERMISSION_DENIED", "SCOPE_MISSING")
	wantRESTError(t, p.do(http.MethodPost, "/v1/trail:verify", "application/json", "{}"), 405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED")
	wantRESTError(t, d.visitor(t).do(http.MethodGet, "/v1/trail", "", ""), 401, "UNAUTHENTICATED", "TOKEN_INVALID")
	d.stop(forAudit)
	wantRESTError(t, p.do(http.MethodGet, "/v1/trail", "", ""), 503, "UNAVAILABLE", "SERVICE_UNAVAILABLE")
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
}

func TestCallsOfAudit_EndInTime(t *testing.T) {
	d := startDoor(t)
	p := d.program(t)
	left := map[string]time.Duration{}
	note := func(ctx context.Context, method string) {
		deadline, _ := ctx.Deadline()
		left[method] = time.Until(deadline)
	}
	d.listing = func(ctx context.Context, _ string) error {
		note(ctx, "list")
		return nil
	}
	d.verify = func(ctx context.Context, _ string) (*auditpb.VerifyTrailResponse, error) {
		note(ctx, "verify")
		return &auditpb.VerifyTrailResponse{}, nil
	}
	wantStatus(t, p.do(http.MethodGet, "/v1/activities", "", ""), http.StatusOK)
	wantStatus(t, p.do(http.MethodGet, "/v1/trail:verify", "", ""), http.StatusOK)
	for method, limit := range map[string]time.Duration{"list": 1500 * time.Millisecond, "verify": 3 * time.Second} {
		if left[method] > limit || left[method] < limit/2 {
			t.Errorf("%s has %v, want nearly %v", method, left[method], limit)
		}
	}
}
