package queuetest_test

import (
	"os"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
	"gitlab.com/notejam/notejam/platform/queue/queuetest/conformance"
)

// otherEndpoint names the base URL of a running moto server, to hold the suite to it as well. `make test-interop` starts one by itself.
const otherEndpoint = "NOTEJAM_INTEROP_SQS_ENDPOINT"

func TestServer_DoesWhatSQSDoes(t *testing.T) {
	t.Parallel()
	server := start(t, queuetest.Config{})
	conformance.Run(t, conformance.Target{Endpoint: server.Endpoint(), Advance: server.Advance})

	endpoint := os.Getenv(otherEndpoint)
	if endpoint != "" {
		t.Run("moto", func(t *testing.T) {
			conformance.Run(t, conformance.Target{Endpoint: endpoint, Differs: conformance.MotoDiffers})
		})
	}
}

func TestConformance_SeesABrokenServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults queuetest.Faults
		sees   string // a behaviour that the broken server does not have
	}{
		"deletes get lost":        {queuetest.Faults{LoseDelete: 100}, "a deleted message does not come again"},
		"messages are doubled":    {queuetest.Faults{Duplicate: 100}, "a message arrives as it was sent"},
		"batches are refused":     {queuetest.Faults{Refuse: 100}, "a batch answers each entry under its id"},
		"messages are late":       {queuetest.Faults{Delay: 100, DelayBy: 24 * time.Hour}, "visibility zero gives a message back at once"},
		"every call is throttled": {queuetest.Faults{Throttle: 100}, "an empty queue answers at once without a wait"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, queuetest.Config{})
			server.SetFaults(c.faults)
			err := conformance.Check(t.Context(), conformance.Target{Endpoint: server.Endpoint(), Advance: server.Advance}, c.sees)
			if err == nil {
				t.Error("the suite does not notice")
			}
		})
	}
}
