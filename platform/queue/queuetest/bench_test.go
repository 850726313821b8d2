package queuetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

const (
	// manyWaiting is a backlog of hours: audit away while everybody writes.
	manyWaiting = 1_000_000
	// mostMegabytes is what the process may take with them: a part of any machine that also runs the product and its database.
	mostMegabytes = 2000
)

// BenchmarkServer measures the same calls with nothing waiting and with a million messages of 450 bytes, in memory and with a journal, and what a
// restart costs. `make bench-queue` runs it; it fails when the process gets too large.
func BenchmarkServer(b *testing.B) {
	for _, where := range []string{"memory", "journal"} {
		for _, waiting := range []int{0, manyWaiting} {
			b.Run(fmt.Sprintf("%s/%d waiting", where, waiting), func(b *testing.B) {
				cfg := queuetest.Config{Queues: []queuetest.QueueConfig{{Name: name}}}
				if where == "journal" {
					cfg.Dir = b.TempDir()
				}
				benchmarkCalls(b, cfg, waiting)
				if where == "journal" {
					b.Run("restart", func(b *testing.B) { benchmarkRestart(b, cfg) })
				}
			})
		}
	}
}

func benchmarkCalls(b *testing.B, cfg queuetest.Config, waiting int) {
	resetPeak(b)
	server, err := queuetest.Start(cfg)
	if err != nil {
		b.Fatal(err)
	}
	c := newCaller(server)
	for range waiting / batch {
		c.call(b, "SendMessageBatch", c.sendTen, nil)
	}
	b.Run("send+receive+delete 10", func(b *testing.B) {
		var slowest time.Duration
		before := processorTime(b)
		for b.Loop() {
			start := time.Now()
			c.sendReceiveDelete(b)
			slowest = max(slowest, time.Since(start))
		}
		b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(batch*b.N), "CPU-us/message")
		b.ReportMetric(float64(slowest.Milliseconds()), "ms-slowest")
		reportPeak(b)
	})
	b.Run("attributes", func(b *testing.B) {
		for b.Loop() {
			c.call(b, "GetQueueAttributes", `{"QueueUrl":"events","AttributeNames":["All"]}`, nil)
		}
	})
	c.client.CloseIdleConnections()
	err = server.Close()
	if err != nil {
		b.Fatal(err)
	}
}

func benchmarkRestart(b *testing.B, cfg queuetest.Config) {
	resetPeak(b)
	for b.Loop() {
		b.StopTimer()
		debug.FreeOSMemory()
		b.StartTimer()
		server, err := queuetest.Start(cfg)
		if err != nil {
			b.Fatal(err)
		}
		err = server.Close()
		if err != nil {
			b.Fatal(err)
		}
	}
	reportPeak(b)
	info, err := os.Stat(filepath.Join(cfg.Dir, "queue.journal"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-journal")
}

const batch = 10

// caller makes calls without the SDK, which costs more than the server.
type caller struct {
	client   *http.Client
	endpoint string
	sendTen  string // the request of a batch
}

func newCaller(server *queuetest.Server) *caller {
	body := `{"specversion":"1.0","id":"0198c2a4-77aa-7000-8000-0123456789ab","source":"notes","type":"notejam.notes.note.updated.v1",` +
		`"subject":"notes/0198c2a4-77aa-7000-8000-000000000001","subject_version":7,"time":"2026-03-04T04:06:07.123456Z",` +
		`"actor":"0198c2a4-77aa-7000-8000-000000000002","request_id":"0198c2a4-77aa-7000-8000-000000000003",` +
		`"data":{"changed_fields":["title","text"],"title":"` + strings.Repeat("a title ", 9) + `"}}`
	var entries []string
	for i := range batch {
		entries = append(entries, fmt.Sprintf(`{"Id":"%d","MessageBody":%q}`, i, body))
	}
	return &caller{
		client:   &http.Client{},
		endpoint: server.Endpoint(),
		sendTen:  `{"QueueUrl":"events","Entries":[` + strings.Join(entries, ",") + `]}`,
	}
}

// sendReceiveDelete sends ten messages, receives the ten that wait longest, and deletes those.
func (c *caller) sendReceiveDelete(b *testing.B) {
	c.call(b, "SendMessageBatch", c.sendTen, nil)
	var got struct {
		Messages []struct{ ReceiptHandle string }
	}
	c.call(b, "ReceiveMessage", `{"QueueUrl":"events","MaxNumberOfMessages":10,"VisibilityTimeout":60,"MessageSystemAttributeNames":["All"]}`, &got)
	if len(got.Messages) != batch {
		b.Fatalf("received %d messages, want %d", len(got.Messages), batch)
	}
	var entries []string
	for i, message := range got.Messages {
		entries = append(entries, fmt.Sprintf(`{"Id":"%d","ReceiptHandle":%q}`, i, message.ReceiptHandle))
	}
	c.call(b, "DeleteMessageBatch", `{"QueueUrl":"events","Entries":[`+strings.Join(entries, ",")+`]}`, nil)
}

func (c *caller) call(b *testing.B, operation, body string, out any) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.endpoint, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("X-Amz-Target", "AmazonSQS."+operation)
	response, err := c.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"Code"`)) {
		b.Fatalf("%s: status %d, answer %s, error %v", operation, response.StatusCode, answer, err)
	}
	if out == nil {
		return
	}
	err = json.Unmarshal(answer, out)
	if err != nil {
		b.Fatal(err)
	}
}

// resetPeak gives memory back and makes the kernel forget how large the process has been.
func resetPeak(b *testing.B) {
	debug.FreeOSMemory()
	err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	if err != nil {
		b.Fatal(err)
	}
}

// processorTime is what the process has used: the server's part and its caller's. Unlike the rate it is the same on a busy machine.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// reportPeak reports how large the process has been: the server, its caller and what the test program is.
func reportPeak(b *testing.B) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	kilobytes, err := strconv.Atoi(string(peakLine.FindSubmatch(status)[1]))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(kilobytes)/1e3, "MB-peak-RSS")
	if kilobytes > mostMegabytes*1000 {
		b.Errorf("the process took %d MB, want at most %d", kilobytes/1000, mostMegabytes)
	}
}
