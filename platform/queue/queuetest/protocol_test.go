package queuetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func request(ctx context.Context, target, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	return r
}

func TestServer_AnswersWhatItCannotReadInTheShapeOfAnError(t *testing.T) {
	s := newServer(t, Config{Queues: []QueueConfig{{Name: "q"}}})
	get := request(t.Context(), "AmazonSQS.ReceiveMessage", "")
	get.Method = http.MethodGet
	type answer struct {
		Status int
		Type   string
		Header string
	}
	unknown := answer{400, "com.amazon.coral.service#UnknownOperationException", "UnknownOperationException;Sender"}
	unreadable := answer{400, "com.amazon.coral.service#SerializationException", "SerializationException;Sender"}
	unsupported := answer{400, "com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation;Sender"}
	missing := answer{400, "com.amazon.coral.service#MissingParameter", "MissingParameter;Sender"}
	wrongName := answer{400, "com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName;Sender"}
	wrongValue := answer{400, "com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue;Sender"}
	post := func(target, body string) *http.Request { return request(t.Context(), target, body) }
	for what, c := range map[string]struct {
		request *http.Request
		want    answer
	}{
		"no operation":               {post("", "{}"), unknown},
		"an operation it lacks":      {post("AmazonSQS.TagQueue", "{}"), unknown},
		"another service":            {post("DynamoDB_20120810.GetItem", "{}"), unknown},
		"GET":                        {get, unknown},
		"nothing":                    {post("AmazonSQS.SendMessage", ""), unreadable},
		"no object":                  {post("AmazonSQS.SendMessage", "[]"), unreadable},
		"half an object":             {post("AmazonSQS.SendMessage", `{"QueueUrl":`), unreadable},
		"two objects":                {post("AmazonSQS.SendMessage", `{} {}`), unreadable},
		"a number for text":          {post("AmazonSQS.SendMessage", `{"QueueUrl":1}`), unreadable},
		"bytes that are not UTF-8":   {post("AmazonSQS.SendMessage", "{\"QueueUrl\":\"\xff\"}"), unreadable},
		"a parameter it lacks":       {post("AmazonSQS.SendMessage", `{"MessageGroupId":"g"}`), unsupported},
		"a batch parameter it lacks": {post("AmazonSQS.SendMessageBatch", `{"Entries":[{"MessageAttributes":{}}]}`), unsupported},
		"no body":                    {post("AmazonSQS.SendMessage", `{"QueueUrl":"q"}`), missing},
		"no queue":                   {post("AmazonSQS.SendMessage", `{"MessageBody":"a"}`), missing},
		"no visibility":              {post("AmazonSQS.ChangeMessageVisibility", `{"QueueUrl":"q","ReceiptHandle":"r"}`), missing},
		"a redrive to no queue": {
			post("AmazonSQS.CreateQueue", `{"QueueName":"x","Attributes":{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:y\",\"maxReceiveCount\":1}"}}`),
			wrongValue,
		},
		"a redrive that is not JSON": {post("AmazonSQS.CreateQueue", `{"QueueName":"x","Attributes":{"RedrivePolicy":"q"}}`), wrongValue},
		"a visibility of 13 hours":   {post("AmazonSQS.CreateQueue", `{"QueueName":"x","Attributes":{"VisibilityTimeout":"46800"}}`), wrongValue},
		"a queue attribute it lacks": {post("AmazonSQS.CreateQueue", `{"QueueName":"x","Attributes":{"FifoQueue":"true"}}`), wrongName},
		"too much": {
			post("AmazonSQS.SendMessage", strings.Repeat(" ", maxRequestBytes+1)),
			answer{413, "com.amazon.coral.service#RequestEntityTooLarge", "RequestEntityTooLarge;Sender"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			s.serve(recorder, c.request)
			var body struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			err := json.Unmarshal(recorder.Body.Bytes(), &body)
			if err != nil {
				t.Fatalf("the answer is not JSON: %v", err)
			}
			if body.Message == "" {
				t.Error("the answer has no sentence")
			}
			got := answer{recorder.Code, body.Type, recorder.Header().Get("X-Amzn-Query-Error")}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzServe sends anything to each operation. Whatever comes, the answer is JSON, not the server's fault, and there at once.
func FuzzServe(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"QueueUrl":"q"}`,
		`{"QueueName":"x","Attributes":{"VisibilityTimeout":"30","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:q\",\"maxReceiveCount\":3}"}}`,
		`{"QueueUrl":"http://127.0.0.1/000000000000/q","MessageBody":"a","DelaySeconds":1}`,
		`{"QueueUrl":"q","Entries":[{"Id":"0","MessageBody":"a"},{"Id":"1","MessageBody":"\ud800\u0000"}]}`,
		`{"QueueUrl":"q","MaxNumberOfMessages":10,"VisibilityTimeout":0,"MessageSystemAttributeNames":["All"]}`,
		`{"QueueUrl":"q","WaitTimeSeconds":20}`,
		`{"QueueUrl":"q","AttributeNames":["All"]}`,
		`{"QueueUrl":"q","ReceiptHandle":"` + receiptHandle("q", "k", 1) + `","VisibilityTimeout":0}`,
		`{"QueueUrl":"q","Entries":[{"Id":"0","ReceiptHandle":"` + receiptHandle("q", "k", -1) + `","VisibilityTimeout":0}]}`,
	} {
		for name := range operations {
			f.Add(name, []byte(body))
		}
	}
	s := newServer(f, Config{Queues: []QueueConfig{{Name: "q", DeadLetter: "dead", MaxReceive: 1}, {Name: "dead"}}})
	gone, cancel := context.WithCancel(context.Background())
	cancel() // so that no long poll waits
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		recorder := httptest.NewRecorder()
		defer func() {
			cut := recover()
			if cut != nil && fmt.Sprint(cut) != http.ErrAbortHandler.Error() {
				panic(cut)
			}
		}()
		s.serve(recorder, request(gone, targetPrefix+operation, string(body)))
		if recorder.Code >= 500 || !json.Valid(bytes.TrimSpace(recorder.Body.Bytes())) {
			t.Errorf("answer %d %s", recorder.Code, recorder.Body)
		}
	})
}
