// Package conformance says what an SQS server does, as checks that the unchanged AWS SDK makes against one: our own in queuetest, and others that we
// hold it to. Where servers disagree the SQS documentation decides (the API reference and the developer guide), and the server that does something
// else says so in Target.Differs.
package conformance

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Target is a server to check. It must let the suite make queues of its own.
type Target struct {
	// Endpoint is its base URL.
	Endpoint string
	// Advance moves its clock forward. Without it the suite waits, with long polls of a few seconds.
	Advance func(time.Duration)
	// Differs has the behaviours that the server does not have, by name. They are run all the same and must fail: who mends its server is told to
	// remove the line.
	Differs map[string]Difference
}

// Difference says why a server does not have a behaviour.
type Difference struct {
	Instead string // what it does
	AWS     string // what AWS's documentation says, and where
}

// behaviour is one thing that an SQS server does.
type behaviour struct {
	name  string // a sentence
	check func(ctx context.Context, s *suite) error
}

// caseTimeout bounds one behaviour: some wait for a few visibility timeouts.
const caseTimeout = time.Minute

// behaviours is the suite.
func behaviours() []behaviour {
	return slices.Concat(queueBehaviours, listBehaviours, sendBehaviours, batchBehaviours, receiveBehaviours, finishBehaviours, deadLetterBehaviours)
}

// Run checks the target, a sub-test for each behaviour.
func Run(t *testing.T, target Target) {
	t.Helper()
	known := make(map[string]bool)
	for _, b := range behaviours() {
		known[b.name] = true
		t.Run(b.name, func(t *testing.T) {
			if target.Advance == nil { // nobody else moves the clock, so waits may overlap
				t.Parallel()
			}
			err := target.check(t.Context(), b)
			difference, differs := target.Differs[b.name]
			switch {
			case err != nil && differs:
				t.Logf("differs, as known: %s (%v)", difference.Instead, err)
			case err != nil:
				t.Error(err)
			case differs:
				t.Errorf("does this now; remove it from Differs (%s)", difference.Instead)
			}
		})
	}
	for name, difference := range target.Differs {
		if !known[name] {
			t.Errorf("Differs names %q, which is no behaviour", name)
		}
		if difference.Instead == "" || difference.AWS == "" {
			t.Errorf("Differs does not say both sides of %q", name)
		}
	}
}

// Check makes one check, by the behaviour's name. It is how the suite itself is checked, against a broken server.
func Check(ctx context.Context, target Target, name string) error {
	for _, b := range behaviours() {
		if b.name == name {
			return target.check(ctx, b)
		}
	}
	panic("conformance: no behaviour is called " + name)
}

func (target Target) check(ctx context.Context, b behaviour) error {
	ctx, cancel := context.WithTimeout(ctx, caseTimeout)
	defer cancel()
	return b.check(ctx, &suite{
		advance: target.Advance,
		client: sqs.New(sqs.Options{
			Region:       "us-east-1",
			BaseEndpoint: aws.String(target.Endpoint),
			Credentials:  credentials.NewStaticCredentialsProvider("conformance", "conformance", ""),
			Retryer:      aws.NopRetryer{},
			HTTPClient:   inMemory{awshttp.NewBuildableClient()},
		}),
	})
}
