package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/testing/protocmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// verifyAll calls until the check is complete.
func (r *rig) verifyAll(server *Server, person string) (last *auditpb.VerifyTrailResponse, calls int) {
	r.t.Helper()
	request := &auditpb.VerifyTrailRequest{}
	for {
		response, err := server.VerifyTrail(r.as(person), request)
		if err != nil {
			r.t.Fatal(err)
		}
		calls++
		request.PageToken = response.GetNextPageToken()
		if request.GetPageToken() == "" {
			return response, calls
		}
	}
}

func TestGetTrail_GivesTheEndOfTheChainAndTheNewestCheckpoint(t *testing.T) {
	tr := newRig(t).newTrail()
	server := tr.activityServer()
	got, err := server.GetTrail(tr.as(tr.ann), &auditpb.GetTrailRequest{})
	if err != nil {
		t.Fatal(err)
	}
	c := got.GetCheckpoint()
	want := &auditpb.Trail{Length: 10, Hash: chainHash(tr.ann, tr.events...).String(), Checkpoint: &auditpb.Checkpoint{
		Account: tr.ann, Length: 8, Hash: chainHash(tr.ann, tr.events[:8]...).String(), SignTime: c.GetSignTime(),
		KeyId: tr.keys.id, Signature: c.GetSignature(), PublicKey: tr.keys.publicKey(tr.keys.id),
	}}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	key, _ := base64.StdEncoding.DecodeString(c.GetPublicKey())
	signature, _ := base64.StdEncoding.DecodeString(c.GetSignature())
	text := fmt.Sprintf("notejam audit checkpoint 1\n%s\n8\n%s\n%s\n", tr.ann, c.GetHash(), c.GetSignTime().AsTime().Format("2006-01-02T15:04:05.000000Z"))
	if !ed25519.Verify(key, []byte(text), signature) {
		t.Errorf("the signature is not of\n%s", text)
	}
}

func TestGetTrail_OfSomebodyWhoDidNothingIsTheEmptyChain(t *testing.T) {
	r := newRig(t)
	person := uuid.NewString()
	got, err := r.activityServer().GetTrail(r.as(person), &auditpb.GetTrailRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&auditpb.Trail{Hash: genesis(person).String()}, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVerifyTrail_SaysThatAllIsWellOrWhatIsNot(t *testing.T) {
	r := newRig(t)
	server, tr := r.activityServer(), r.newTrail()
	trailOf, err := server.GetTrail(tr.as(tr.ann), &auditpb.GetTrailRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := tr.verifyAll(server, tr.ann)
	want := &auditpb.VerifyTrailResponse{Checked: 10, Checkpoint: trailOf.GetCheckpoint()}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("an untouched trail: -want +got:\n%s", diff)
	}
	for name, a := range attacks() {
		tr = r.newTrail()
		a.do(tr)
		got, _ = tr.verifyAll(server, tr.ann)
		event := strings.TrimPrefix(got.GetActivity(), "activities/")
		if diff := cmp.Diff(a.want(tr), found{got.GetFinding(), got.GetChainPosition(), event}); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestVerifyTrail_ALongTrailIsCheckedInSeveralCallsAndCompletely(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	const batches = 250
	var last Event
	for range batches {
		batch := make([]Event, maxRecord)
		for i := range batch {
			batch[i] = anEvent(ann)
		}
		last = batch[len(batch)-1]
		_, err := r.store.Record(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
	}
	r.sign(testKeys(t, testSeed))
	for name, limit := range map[string]func(){
		"by number": func() { server.verifyTime, server.verifyLinks = time.Hour, 1 },
		"by time":   func() { server.verifyTime, server.verifyLinks = 0, 1<<40 },
	} {
		limit()
		got, calls := r.verifyAll(server, ann)
		if got.GetFinding() != 0 || got.GetChecked() != maxRecord*batches || calls < 3 || got.GetCheckpoint().GetLength() != maxRecord*batches {
			t.Errorf("limited %s: after %d calls: %v", name, calls, got)
		}
	}
	r.tamper("UPDATE events SET subject = 'x' WHERE id = ?", last.ID)
	got, calls := r.verifyAll(server, ann)
	if got.GetFinding() != changed || got.GetActivity() != activityName(last.ID) || calls < 3 {
		t.Errorf("after %d calls: %v", calls, got)
	}
}

func TestVerifyTrail_WhatIsSignedBetweenTwoCallsIsNoFinding(t *testing.T) {
	r := newRig(t)
	server := r.activityServer()
	for range window / maxRecord {
		batch := make([]Event, maxRecord)
		for i := range batch {
			batch[i] = anEvent(ann)
		}
		_, err := r.store.Record(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
	}
	server.verifyLinks = window // the first call ends at the last link, and does not know that
	first, err := server.VerifyTrail(r.as(ann), &auditpb.VerifyTrailRequest{})
	if err != nil || first.GetNextPageToken() == "" || first.GetChecked() != window {
		t.Fatal(first, err)
	}
	r.sign(testKeys(t, testSeed))
	second, err := server.VerifyTrail(r.as(ann), &auditpb.VerifyTrailRequest{PageToken: first.GetNextPageToken()})
	if err != nil || second.GetFinding() != 0 || second.GetCheckpoint().GetLength() != window {
		t.Errorf("%v %v", second, err)
	}
}

func TestVerifyTrail_APageTokenIsGoodForItsOwnTrailOnly(t *testing.T) {
	tr := newRig(t).newTrail()
	server := tr.activityServer()
	bobs, err := server.tokens.Encode(tr.bob+"\ntrail", newCheck(tr.bob).place())
	if err != nil {
		t.Fatal(err)
	}
	list, err := server.ListActivities(tr.as(tr.ann), &auditpb.ListActivitiesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"another person's": bobs, "a list's": list.GetNextPageToken(), "none": "x"} {
		_, err = server.VerifyTrail(tr.as(tr.ann), &auditpb.VerifyTrailRequest{PageToken: token})
		if !fault.Is(err, fault.ReasonPageTokenInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err = server.VerifyTrail(tr.as(tr.bob), &auditpb.VerifyTrailRequest{PageToken: bobs})
	if err != nil {
		t.Error(err)
	}
}

func TestTheTrail_IsForThePersonWhoMay(t *testing.T) {
	s := startSystem(t)
	for name, call := range map[string]func(ctx context.Context) error{
		"GetTrail": func(ctx context.Context) error {
			_, err := s.activities.GetTrail(ctx, &auditpb.GetTrailRequest{})
			return err
		},
		"VerifyTrail": func(ctx context.Context) error {
			_, err := s.activities.VerifyTrail(ctx, &auditpb.VerifyTrailRequest{})
			return err
		},
	} {
		err := call(s.reader(ann))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		err = call(s.signedIn(ann, "audit", "notes:read"))
		if !fault.Is(err, fault.ReasonScopeMissing) {
			t.Errorf("%s with another scope: %v", name, err)
		}
		err = call(t.Context())
		if !fault.Is(err, fault.ReasonTokenInvalid) {
			t.Errorf("%s without a token: %v", name, err)
		}
	}
}
