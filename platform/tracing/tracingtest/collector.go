// Package tracingtest is a collector of traces for tests: a real server on loopback that takes OTLP over HTTP as a service sends it, and keeps all.
package tracingtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it came.
type Span struct {
	Service    string // that recorded it
	Name       string
	Kind       tracepb.Span_SpanKind
	TraceID    string // in hexadecimal, as the others
	ID         string
	Parent     string   // "" for the first of its trace
	Links      []string // ids of spans
	Attributes map[string]string
	Failed     bool
}

// Collector takes spans.
type Collector struct {
	url    string
	server *http.Server

	mu    sync.Mutex
	spans []Span
	heard bytes.Buffer
}

// maxBody is far more than a service sends at once.
const maxBody = 16 << 20

// Start opens a collector on a free port.
func Start(ctx context.Context) (*Collector, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a collector: %w", err)
	}
	c := &Collector{url: "http://" + listener.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", c.take)
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = c.server.Serve(listener) }() // until Close
	return c, nil
}

// URL is the collector's address, as a setting has it.
func (c *Collector) URL() string { return c.url }

// Close ends it.
func (c *Collector) Close() error { return c.server.Close() }

// Spans gives what came so far, in the order of its coming.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Heard gives all that came, byte for byte: to search it for what must not be there.
func (c *Collector) Heard() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.heard.Bytes())
}

func (c *Collector) take(w http.ResponseWriter, r *http.Request) {
	body, err := read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request collectorpb.ExportTraceServiceRequest
	err = proto.Unmarshal(body, &request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard.Write(body)
	for _, resource := range request.GetResourceSpans() {
		service := texts(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans = append(c.spans, fromProto(service, span))
			}
		}
	}
}

func read(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Type") != "application/x-protobuf" || r.Header.Get("Content-Encoding") != "gzip" {
		return nil, errors.New("this collector takes compressed protobuf")
	}
	packed, err := gzip.NewReader(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(packed, maxBody))
}

func fromProto(service string, span *tracepb.Span) Span {
	made := Span{
		Service:    service,
		Name:       span.GetName(),
		Kind:       span.GetKind(),
		TraceID:    hex.EncodeToString(span.GetTraceId()),
		ID:         hex.EncodeToString(span.GetSpanId()),
		Parent:     hex.EncodeToString(span.GetParentSpanId()),
		Attributes: texts(span.GetAttributes()),
		Failed:     span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR,
	}
	for _, link := range span.GetLinks() {
		made.Links = append(made.Links, hex.EncodeToString(link.GetSpanId()))
	}
	return made
}

// texts gives attributes as text, whatever their type.
func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := make(map[string]string, len(attributes))
	for _, a := range attributes {
		switch value := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.GetKey()] = value.StringValue
		case *commonpb.AnyValue_IntValue:
			all[a.GetKey()] = fmt.Sprint(value.IntValue)
		default:
			all[a.GetKey()] = a.GetValue().String()
		}
	}
	return all
}
