package rpc_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
)

func TestListsAreShedWhileThereIsRoomForWrites(t *testing.T) {
	const limit, forLists = 10, 7
	entered, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, limit, func(_ context.Context, text string) (string, error) {
		if text == "stay" {
			entered <- struct{}{}
			<-release
		}
		return text, nil
	})
	ctx := rpc.WithToken(t.Context(), "ann")
	conn := r.dial(r.tls("web"), "notes")
	var lists sync.WaitGroup
	for range forLists {
		lists.Go(func() {
			_, err := call(ctx, conn, readMethod, "stay")
			if err != nil {
				t.Error(err)
			}
		})
		<-entered
	}
	_, err := call(ctx, conn, readMethod, "one more")
	if !fault.Is(err, fault.ReasonOverloaded) {
		t.Errorf("one list more: got %v", err)
	}
	_, err = call(ctx, conn, writeMethod, "a write")
	if err != nil {
		t.Errorf("a write: %v", err)
	}
	close(release)
	lists.Wait()
}

func TestACallThatFoundNoConnectionToTheDatabaseIsNotRepeated(t *testing.T) {
	r := newRig(t, 4, func(context.Context, string) (string, error) {
		return "", fault.New(fault.Unavailable, fault.ReasonOverloaded, "Notejam is very busy right now. Try again.")
	})
	_, err := call(rpc.WithToken(t.Context(), "ann"), r.dial(r.tls("web"), "notes"), readMethod, "x")
	if !fault.Is(err, fault.ReasonOverloaded) {
		t.Errorf("got %v", err)
	}
	if got := strings.Count(r.log.String(), "OVERLOADED"); got != 1 {
		t.Errorf("the call arrived %d times, want once", got)
	}
}
