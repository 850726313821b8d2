package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gitlab.com/notejam/notejam/platform/fault"
)

var allKinds = []fault.Kind{
	fault.Internal, fault.Invalid, fault.Unauthenticated, fault.Denied, fault.NotFound, fault.Exists, fault.Aborted,
	fault.Precondition, fault.Exhausted, fault.Unavailable, fault.Timeout, fault.Canceled, fault.Unimplemented,
}

func TestAFaultSurvivesTheWireWithEverythingButItsCause(t *testing.T) {
	sent := &fault.Error{
		Kind: fault.Exhausted, Reason: "PASSWORD_QUEUE_FULL", Sentence: "Too many tries.",
		Fields:     []fault.Field{{Name: "note.title", Sentence: "This field is required."}},
		Metadata:   map[string]string{"limit": "32"},
		RetryAfter: 2 * time.Second,
		Cause:      errors.New("Error 1146: table notes.secret does not exist"),
	}
	got, ok := fault.As(fault.FromStatus(fault.ToStatus(fmt.Errorf("sign in: %w", sent)).Err()))
	if !ok {
		t.Fatal("the received error is no fault")
	}
	if diff := cmp.Diff(sent, got, cmpopts.IgnoreFields(fault.Error{}, "Cause")); diff != "" {
		t.Errorf("sent and received differ:\n%s", diff)
	}
	if strings.Contains(got.Error(), "secret") {
		t.Errorf("the cause crossed the wire: %v", got)
	}
}

func TestEveryKindHasItsOwnCodeAndAReasonThatLeaves(t *testing.T) {
	seen := map[codes.Code]bool{}
	for _, kind := range allKinds {
		s := fault.ToStatus(fault.New(kind, "SOME_REASON", "A sentence."))
		if seen[s.Code()] || s.Code() == codes.OK {
			t.Errorf("kind %d: code %v is taken or OK", kind, s.Code())
		}
		seen[s.Code()] = true
		if got := fault.KindOf(fault.FromStatus(s.Err())); got != kind {
			t.Errorf("kind %d came back as %d", kind, got)
		}
	}
}

func TestAnUnclassifiedErrorTellsNothing(t *testing.T) {
	s := fault.ToStatus(errors.New("dial tcp 10.0.0.7:3306: password hunter2"))
	if s.Code() != codes.Internal || s.Message() != "Something went wrong." {
		t.Errorf("got %v %q", s.Code(), s.Message())
	}
	if len(s.Details()) != 1 {
		t.Errorf("got %d details, want ErrorInfo alone", len(s.Details()))
	}
}

func TestContextErrorsKeepTheirMeaning(t *testing.T) {
	for err, want := range map[error]codes.Code{
		context.DeadlineExceeded: codes.DeadlineExceeded,
		context.Canceled:         codes.Canceled,
	} {
		if got := fault.ToStatus(fmt.Errorf("query: %w", err)).Code(); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}

func TestAMethodThatIsNotImplementedSaysSo(t *testing.T) {
	s := fault.ToStatus(status.Error(codes.Unimplemented, "method Erase not implemented"))
	if s.Code() != codes.Unimplemented || s.Message() != "This method is not there." {
		t.Errorf("got %v %q", s.Code(), s.Message())
	}
	s = fault.ToStatus(status.Error(codes.PermissionDenied, "of somebody else's service"))
	if s.Code() != codes.Internal {
		t.Errorf("another service's refusal passed through: %v", s.Code())
	}
}

func TestAStatusThatGrpcMadeItselfGetsOurSentence(t *testing.T) {
	err := fault.FromStatus(status.Error(codes.Unavailable, "connection error: dial tcp 127.0.1.1:9090"))
	e, ok := fault.As(err)
	if !ok || e.Reason != fault.ReasonUnavailable || strings.Contains(e.Sentence, "127") {
		t.Errorf("got %+v", e)
	}
}

func TestACallThatWasRepeatedInVainHasTheServicesOwnSentence(t *testing.T) {
	sent := fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now. Try again.")
	got, ok := fault.As(fault.FromStatus(fmt.Errorf("max retries exhausted: failed after 3 attempts: %w", fault.ToStatus(sent).Err())))
	if !ok || got.Kind != sent.Kind || got.Reason != sent.Reason || got.Sentence != sent.Sentence {
		t.Errorf("got %+v", got)
	}
}

func TestCopiesLeaveTheOriginalAlone(t *testing.T) {
	base := fault.New(fault.Aborted, fault.ReasonEtagMismatch, "This note was changed elsewhere since you opened it.")
	_ = base.With(errors.New("x")).WithMetadata("etag", "abc").RetryIn(time.Second)
	if base.Cause != nil || base.Metadata != nil || base.RetryAfter != 0 {
		t.Errorf("the original changed: %+v", base)
	}
	if !fault.Is(fmt.Errorf("update: %w", base), fault.ReasonEtagMismatch) {
		t.Error("Is does not see through wrapping")
	}
}
