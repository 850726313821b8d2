package queue

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
)

const testURL = "http://127.0.0.1:1/000000000000/events"

// cleanEnvironment hides what the machine knows of AWS.
func cleanEnvironment(t *testing.T) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "absent")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_REGION": "",
		"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere,
	} {
		t.Setenv(name, value)
	}
}

func TestSettings_AreNamedAfterTheService(t *testing.T) {
	set := env.New(env.Map(map[string]string{
		"AUDIT_QUEUE_URL":      testURL,
		"AUDIT_QUEUE_ENDPOINT": "http://127.0.0.1:1",
		"AUDIT_QUEUE_REGION":   "eu-central-1",
	}))
	got := Settings(set, "AUDIT")
	want := Config{URL: testURL, Endpoint: "http://127.0.0.1:1", Region: "eu-central-1"}
	if diff := cmp.Diff(want, got); set.Err() != nil || diff != "" {
		t.Errorf("error %v, config (-want +got):\n%s", set.Err(), diff)
	}
}

func TestSettings_WithoutAURLAreAMistake(t *testing.T) {
	set := env.New(env.Map(map[string]string{"AUDIT_QUEUE_ENDPOINT": "127.0.0.1:1"}))
	Settings(set, "AUDIT")
	mistakes := set.Err()
	for _, want := range []string{"AUDIT_QUEUE_URL is required", "AUDIT_QUEUE_ENDPOINT must be"} {
		if mistakes == nil || !strings.Contains(mistakes.Error(), want) {
			t.Errorf("the mistakes %v do not say %q", mistakes, want)
		}
	}
}

func TestOpen_SaysWhatIsMissing(t *testing.T) {
	for says, cfg := range map[string]Config{
		"the queue's URL is required":    {Endpoint: "http://127.0.0.1:1"},
		"the queue's region is required": {URL: testURL},
	} {
		_, err := Open(t.Context(), cfg, prometheus.NewRegistry())
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
}

func TestOpen_TwoQueuesShareARegistryAndOneQueueTwiceDoesNot(t *testing.T) {
	registry := prometheus.NewRegistry()
	cfg := Config{URL: testURL, Endpoint: "http://127.0.0.1:1"}
	dead := cfg
	dead.URL += "-dead"
	for _, c := range []Config{cfg, dead} {
		_, err := Open(t.Context(), c, registry)
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(t.Context(), cfg, registry)
	if err == nil {
		t.Error("the same queue was opened twice")
	}
}

func TestOpen_OnAWSTakesTheSDKsOwnCredentialsAndTheRegionsEndpoint(t *testing.T) {
	cleanEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "from-the-chain")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	q, err := Open(t.Context(), Config{URL: testURL, Region: "eu-central-1"}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	options := q.client.Options()
	keys, err := options.Credentials.Retrieve(t.Context())
	if err != nil || keys.AccessKeyID != "from-the-chain" {
		t.Errorf("the key is %q, error %v", keys.AccessKeyID, err)
	}
	if options.Region != "eu-central-1" || options.BaseEndpoint != nil {
		t.Errorf("region %q, endpoint %v", options.Region, options.BaseEndpoint)
	}
}

func TestOpen_WithAnEndpointMakesUpCredentialsAndAsksNobodyForThem(t *testing.T) {
	cleanEnvironment(t)
	metadata := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the metadata service was asked for %s", r.URL)
	}))
	defer metadata.Close()
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)

	if got := credentialOf(t); !strings.HasPrefix(got, "local/") || !strings.Contains(got, "/us-east-1/sqs/") {
		t.Errorf("the request is signed by %q", got)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "given")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	if got := credentialOf(t); !strings.HasPrefix(got, "given/") {
		t.Errorf("the request is signed by %q", got)
	}
}

// credentialOf makes a call and returns the Credential of its signature.
func credentialOf(t *testing.T) string {
	t.Helper()
	var credential string
	q := answered(t, func(w http.ResponseWriter, r *http.Request) {
		_, credential, _ = strings.Cut(r.Header.Get("Authorization"), "Credential=")
		_, _ = io.WriteString(w, `{}`)
	})
	_, err := q.Receive(t.Context(), 1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// answered opens a queue on a server that answers as it is told.
func answered(t *testing.T, answer http.HandlerFunc) *Queue {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	q, err := Open(t.Context(), Config{URL: server.URL + "/000000000000/events", Endpoint: server.URL}, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSend_AnEntryThatTheAnswerDoesNotMentionIsNotAccepted(t *testing.T) {
	q := answered(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Successful":[{"Id":"1","MessageId":"m","MD5OfMessageBody":"0cc175b9c0f1b6a831c399e269772661"},{"Id":"9"}],"Failed":[]}`)
	})
	got, err := q.Send(t.Context(), []Entry{{ID: "first", Body: "a"}, {ID: "second", Body: "a"}})
	want := SendResult{
		Accepted: []string{"second"},
		Refused:  []Refusal{{ID: "first", Code: "NoAnswer", Message: "the answer does not mention the entry"}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, result (-want +got):\n%s", err, diff)
	}
}

func TestReceive_AMessageWithoutStatisticsIsStillAMessage(t *testing.T) {
	q := answered(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"a"}]}`)
	})
	got, err := q.Receive(t.Context(), 1, 0, 0)
	if diff := cmp.Diff([]Message{{ID: "m", Receipt: "r", Body: "a"}}, got); err != nil || diff != "" {
		t.Errorf("error %v, messages (-want +got):\n%s", err, diff)
	}
}

func TestReceive_ABodyThatWasChangedOnTheWayIsAnError(t *testing.T) {
	q := answered(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b","MD5OfBody":"0cc175b9c0f1b6a831c399e269772661"}]}`)
	})
	_, err := q.Receive(t.Context(), 1, 0, 0)
	if err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error %v does not mention the checksum", err)
	}
}

func TestAttributes_ThatAreMissingAreAnError(t *testing.T) {
	q := answered(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"Attributes":{"ApproximateNumberOfMessages":"1"}}`)
	})
	_, err := q.Attributes(t.Context())
	if err == nil {
		t.Error("there is no error")
	}
}

// deadlines is an HTTP client that notes how long each call may take.
type deadlines struct{ left map[string]time.Duration }

func (d deadlines) Do(r *http.Request) (*http.Response, error) {
	deadline, ok := r.Context().Deadline()
	if ok {
		d.left[r.Header.Get("X-Amz-Target")] = time.Until(deadline).Round(time.Second)
	}
	body, err := json.Marshal(map[string]any{"Attributes": map[string]string{
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
	}})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body)))}, err
}

func TestQueue_EachCallHasADeadlineAndALongPollHasItsWaitOnTop(t *testing.T) {
	noted := deadlines{left: make(map[string]time.Duration)}
	cfg, err := Config{URL: testURL, Endpoint: "http://127.0.0.1:1"}.local(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	calls, err := newCalls("events", prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	q := &Queue{url: testURL, name: "events", calls: calls, client: sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.HTTPClient = noted })}
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := q.Send(ctx, []Entry{{ID: "1", Body: "a"}}); return err },
		func(ctx context.Context) error { _, err := q.Receive(ctx, 1, 20*time.Second, 0); return err },
		func(ctx context.Context) error { _, err := q.Delete(ctx, []string{"r"}); return err },
		func(ctx context.Context) error { return q.ChangeVisibility(ctx, "r", 0) },
		func(ctx context.Context) error { _, err := q.Attributes(ctx); return err },
	} {
		err := call(t.Context())
		if err != nil {
			t.Error(err)
		}
	}
	want := map[string]time.Duration{
		"AmazonSQS.SendMessageBatch":        5 * time.Second,
		"AmazonSQS.ReceiveMessage":          25 * time.Second,
		"AmazonSQS.DeleteMessageBatch":      5 * time.Second,
		"AmazonSQS.ChangeMessageVisibility": 5 * time.Second,
		"AmazonSQS.GetQueueAttributes":      5 * time.Second,
	}
	if diff := cmp.Diff(want, noted.left); diff != "" {
		t.Errorf("time left for the call (-want +got):\n%s", diff)
	}
}
