package outbox_test

import (
	"net"
	"context"
	"runtime/debug"
	"fmt"
	"net/http"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"
)

type cc struct { net.Conn; log func(...any) }
func (c cc) Close() error { c.log("CLOSE", string(debug.Stack())); return c.Conn.Close() }

type tr struct{ t *http.Transport;  log func(...any); n int }

func (x *tr) Do(r *http.Request) (*http.Response, error) {
	b := time.Now()
	x.n++
	resp, err := x.t.RoundTrip(r)
	st := 0
	if resp != nil { st = resp.StatusCode }
	if err != nil || st != 200 { x.log("HTTP", err, st, time.Since(b)) }
	return resp, err
}

func (r *rig) received2() []string {
	h := &tr{t: &http.Transport{DialContext: func(ctx context.Context, n, a string) (net.Conn, error) { c, err := (&net.Dialer{}).DialContext(ctx, n, a); return cc{c, func(a ...any) { r.t.Log(a...) }}, err }}, log: func(a ...any) { r.t.Log(a...) }}
	c := sqs.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(r.server.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), HTTPClient: h,
		ClientLogMode: aws.LogRetries, Logger: logging.LoggerFunc(func(c logging.Classification, f string, a ...any) { r.t.Log(c, fmt.Sprintf(f, a...)) })})
	ids := []string{}
	for {
		b := time.Now()
		out, err := c.ReceiveMessage(r.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(r.server.URL("events")), MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
		if err != nil { r.t.Fatal(err) }
		if d := time.Since(b); d > 50*time.Millisecond { r.t.Log("slow", d, len(out.Messages)) }
		if len(out.Messages) == 0 { slices.Sort(ids); r.t.Log(h.n, len(ids)); return ids }
		for _, m := range out.Messages {
			var envelope struct{ ID string }
			json.Unmarshal([]byte(*m.Body), &envelope)
			ids = append(ids, envelope.ID)
		}
	}
}
