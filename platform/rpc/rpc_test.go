package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

func TestACallCarriesItsRequestIDItsTokenAndItsCaller(t *testing.T) {
	var id, person, caller string
	r := newRig(t, 4, func(ctx context.Context, text string) (string, error) {
		p, _ := identity.PrincipalFrom(ctx)
		id, person, caller = rpc.RequestID(ctx), p.PersonID, rpc.Caller(ctx)
		return "re: " + text, nil
	})
	conn := r.dial(r.tls("web"), "notes")
	want := rpc.NewRequestID()
	got, err := call(rpc.WithToken(rpc.WithRequestID(t.Context(), want), "ann"), conn, readMethod, "hello")
	if err != nil || got != "re: hello" {
		t.Fatalf("got %q, %v", got, err)
	}
	if id != want || person != "ann" || caller != "web" {
		t.Errorf("the handler saw request %q, person %q, caller %q", id, person, caller)
	}
	for _, fact := range []string{want, `"person":"ann"`, `"caller":"web"`, `"code":"OK"`} {
		if !strings.Contains(r.log.String(), fact) {
			t.Errorf("the log line lacks %s: %s", fact, r.log.String())
		}
	}
}

func TestWhoMayNotCallIsRefusedBeforeTheHandler(t *testing.T) {
	r := newRig(t, 4, func(context.Context, string) (string, error) {
		t.Error("the handler ran")
		return "", nil
	})
	web := r.dial(r.tls("web"), "notes")
	tests := []struct {
		name, token, method string
		conn                *grpc.ClientConn
		kind                fault.Kind
		reason              fault.Reason
	}{
		{"no token", "", readMethod, web, fault.Unauthenticated, fault.ReasonTokenInvalid},
		{"bad token", "nobody", readMethod, web, fault.Unauthenticated, fault.ReasonTokenInvalid},
		{"scope missing", "reader", writeMethod, web, fault.Denied, fault.ReasonScopeMissing},
		{"service not listed", "ann", readMethod, r.dial(r.tls("audit"), "notes"), fault.Denied, fault.ReasonCallerDenied},
		{"two names in one certificate", "ann", readMethod, r.dial(r.tls("twofold", "web"), "notes"), fault.Unavailable, fault.ReasonUnavailable},
		{"server of another name", "ann", readMethod, r.dial(r.tls("web"), "auth"), fault.Unavailable, fault.ReasonUnavailable},
		{"method that is not there", "ann", "/" + probeService + "/Erase", web, fault.Unimplemented, fault.ReasonUnimplemented},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := call(rpc.WithToken(t.Context(), test.token), test.conn, test.method, "x")
			if fault.KindOf(err) != test.kind || !fault.Is(err, test.reason) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestATraceparentHasTheRequestsIDAndASpanOfEachService(t *testing.T) {
	var there string
	r := newRig(t, 4, func(ctx context.Context, _ string) (string, error) {
		there = rpc.Traceparent(ctx)
		return "", nil
	})
	ctx := rpc.WithRequestID(t.Context(), "0198c2a4-77aa-7000-8000-0123456789ab")
	here := rpc.Traceparent(ctx)
	_, err := call(rpc.WithToken(ctx, "ann"), r.dial(r.tls("web"), "notes"), readMethod, "x")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^00-0198c2a477aa700080000123456789ab-[0-9a-f]{16}-00$`)
	if !form.MatchString(here) || !form.MatchString(there) {
		t.Errorf("got %q here and %q there", here, there)
	}
	if here == there || here != rpc.Traceparent(ctx) || strings.Contains(here+there, "-"+strings.Repeat("0", 16)+"-") {
		t.Errorf("the spans of %q and %q are not one of each service", here, there)
	}
	for _, ctx := range []context.Context{t.Context(), rpc.WithRequestID(t.Context(), "job"), rpc.WithRequestID(t.Context(), uuid.Nil.String())} {
		if got := rpc.Traceparent(ctx); got != "" {
			t.Errorf("a request without a UUID has traceparent %q", got)
		}
	}
}

func TestWhatAPersonIsDeniedIsTold(t *testing.T) {
	r := newRig(t, 4, func(_ context.Context, text string) (string, error) {
		switch text {
		case "denied":
			return "", fault.New(fault.Denied, fault.ReasonScopeMissing, "This is not allowed.")
		case "not found":
			return "", fault.New(fault.NotFound, "THING_NOT_FOUND", "There is nothing here.")
		}
		return text, nil
	})
	web, audit := r.dial(r.tls("web"), "notes"), r.dial(r.tls("audit"), "notes")
	var want []string
	for i, c := range []struct {
		conn                *grpc.ClientConn
		token, method, text string
		told                bool
	}{
		{web, "reader", readMethod, "x", false},
		{web, "reader", readMethod, "not found", false},
		{web, "reader", readMethod, "denied", true},
		{web, "reader", writeMethod, "x", true},
		{audit, "ann", readMethod, "x", true},
		{web, "nobody", readMethod, "x", false},
		{audit, "", readMethod, "x", false},
	} {
		id := rpc.NewRequestID()
		_, _ = call(rpc.WithToken(rpc.WithRequestID(t.Context(), id), c.token), c.conn, c.method, c.text)
		if c.told {
			want = append(want, c.token+" "+c.method+" "+id)
		}
		if diff := cmp.Diff(want, r.denied.all()); diff != "" {
			t.Fatalf("after call %d:\n%s", i, diff)
		}
	}
}

func TestACallSaysWhereItsRequestCameFromIfItWasToldAndOnlyThen(t *testing.T) {
	r := newRig(t, 4, func(ctx context.Context, _ string) (string, error) {
		client := rpc.ClientOf(ctx)
		return client.Address + "|" + client.Device, nil
	})
	conn := r.dial(r.tls("web"), "notes")
	plain := rpc.WithToken(t.Context(), "ann")
	forged := metadata.AppendToOutgoingContext(plain, "x-client-address", "203.0.113.99", "x-client-device", "forged")
	for want, ctx := range map[string]context.Context{
		"203.0.113.77|d1": rpc.WithClient(forged, rpc.Client{Address: "203.0.113.77", Device: "d1"}),
		"203.0.113.78|":   rpc.WithClient(forged, rpc.Client{Address: "203.0.113.78"}),
		"|":               forged,
	} {
		got, err := call(ctx, conn, readMethod, "")
		if err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if strings.Contains(r.log.String(), "203.0.113") {
		t.Errorf("the log has an address:\n%s", r.log)
	}
}

func TestMetadataFromTheContextDoesNotTravel(t *testing.T) {
	r := newRig(t, 4, echo)
	conn := r.dial(r.tls("web"), "notes")
	forged := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer ann", "x-user-id", "ann")
	_, err := call(forged, conn, readMethod, "x")
	if fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("got %v", err)
	}
}

func TestAWriteHasARequestIDThatTheClientMakesOnce(t *testing.T) {
	r := newRig(t, 4, echo)
	conn := r.dial(r.tls("web"), "notes")
	request := messageWith(theProbe.Messages().ByName("WriteRequest"), "x")
	field := request.Descriptor().Fields().ByName("request_id")
	answer := dynamicpb.NewMessage(theProbe.Messages().ByName("Answer"))
	err := conn.Invoke(rpc.WithToken(t.Context(), "ann"), writeMethod, request, answer)
	if err != nil || uuid.Validate(request.Get(field).String()) != nil {
		t.Errorf("got %v, request_id %q", err, request.Get(field))
	}
	request.Set(field, valueOf("not-a-uuid"))
	err = conn.Invoke(rpc.WithToken(t.Context(), "ann"), writeMethod, request, answer)
	e, _ := fault.As(err)
	if e == nil || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != "request_id" {
		t.Errorf("got %v", err)
	}
}

func TestAFaultArrivesWithoutItsCauseAndAPanicAsOneBlandSentence(t *testing.T) {
	r := newRig(t, 4, func(_ context.Context, text string) (string, error) {
		switch text {
		case "panic":
			panic("secret of the stack")
		case "plain":
			return "", errors.New("secret of the database")
		default:
			return "", fault.InvalidFields(fault.Field{Name: "text", Sentence: "This field is required."}).With(errors.New("secret cause"))
		}
	})
	ctx := rpc.WithToken(t.Context(), "ann")
	conn := r.dial(r.tls("web"), "notes")
	for text, want := range map[string]fault.Kind{"panic": fault.Internal, "plain": fault.Internal, "fields": fault.Invalid} {
		_, err := call(ctx, conn, readMethod, text)
		if fault.KindOf(err) != want || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if got := strings.Count(r.log.String(), "secret"); got < 3 {
		t.Errorf("the log tells %d of 3 causes: %s", got, r.log.String())
	}
}

func TestP11_APanicInAHandlerIsCountedAndItsStackIsInTheLogWithoutTheMessage(t *testing.T) {
	r := newRig(t, 4, func(_ context.Context, text string) (string, error) {
		if text != "good" {
			panic("a bug")
		}
		return text, nil
	})
	ctx := rpc.WithToken(t.Context(), "ann")
	conn := r.dial(r.tls("web"), "notes")
	_, err := call(ctx, conn, readMethod, "what somebody wrote")
	if fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
	_, err = call(ctx, conn, readMethod, "good")
	if err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if n := r.counter("rpc_server_panics_total"); n != 1 {
		t.Errorf("%v panics are counted", n)
	}
	log := r.log.String()
	if !strings.Contains(log, "a bug") || !strings.Contains(log, "rpc_test.go") || strings.Contains(log, "what somebody wrote") {
		t.Errorf("want the panic and its stack without the message: %s", log)
	}
}

func TestACallEndsAtItsDeadlineAndAHopeslessOneIsNotBegun(t *testing.T) {
	r := newRig(t, 4, func(ctx context.Context, _ string) (string, error) {
		deadline, _ := ctx.Deadline()
		if left := time.Until(deadline); left > 3*time.Second {
			t.Errorf("the handler has %v, more than the caller", left)
		}
		<-ctx.Done()
		return "", ctx.Err()
	})
	conn := r.dial(r.tls("web"), "notes")
	for _, left := range []time.Duration{200 * time.Millisecond, 60 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(rpc.WithToken(t.Context(), "ann"), left)
		_, err := call(ctx, conn, readMethod, "x")
		cancel()
		if fault.KindOf(err) != fault.Timeout {
			t.Errorf("%v left: got %v", left, err)
		}
	}
}

func TestP8_AServerThatStopsLetsTheCallUnderWayEnd(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, 4, func(_ context.Context, text string) (string, error) {
		close(entered)
		<-release
		return text, nil
	})
	conn := r.dial(r.tls("web"), "notes")
	answered, stopped := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := call(rpc.WithToken(t.Context(), "ann"), conn, readMethod, "x")
		answered <- err
	}()
	<-entered
	go func() { stopped <- r.server.Stop(t.Context()) }()
	select {
	case err := <-stopped:
		t.Fatalf("it stopped while a call was under way: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	err := errors.Join(<-answered, <-stopped)
	if err != nil {
		t.Error(err)
	}
}

func TestACallBeyondTheLimitIsShedAndNotRepeated(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, 1, func(context.Context, string) (string, error) {
		entered <- struct{}{}
		<-release
		return "", nil
	})
	ctx := rpc.WithToken(t.Context(), "ann")
	conn := r.dial(r.tls("web"), "notes")
	first := make(chan error, 1)
	go func() {
		_, err := call(ctx, conn, readMethod, "x")
		first <- err
	}()
	select {
	case <-entered:
	case err := <-first:
		t.Fatalf("the first call did not arrive: %v", err)
	}
	_, err := call(ctx, conn, readMethod, "x")
	if !fault.Is(err, fault.ReasonOverloaded) {
		t.Errorf("got %v", err)
	}
	close(release)
	err = <-first
	if err != nil {
		t.Errorf("the first call: %v", err)
	}
	if got := strings.Count(r.log.String(), "OVERLOADED"); got != 1 {
		t.Errorf("the shed call arrived %d times, want once", got)
	}
}

func TestACallIsRepeatedWhenTheServiceWasAwayForAMoment(t *testing.T) {
	var mu sync.Mutex
	calls := 0
	r := newRig(t, 4, func(_ context.Context, text string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		if calls == 1 {
			return "", fault.New(fault.Unavailable, fault.ReasonUnavailable, "Try again.")
		}
		return text, nil
	})
	got, err := call(rpc.WithToken(t.Context(), "ann"), r.dial(r.tls("web"), "notes"), writeMethod, "x")
	if err != nil || got != "x" || calls != 2 {
		t.Errorf("got %q, %v after %d calls", got, err, calls)
	}
}

func TestHealthNeedsNoPolicyAndAServerThatDoesNotServeIsNotCalled(t *testing.T) {
	r := newRig(t, 1, echo)
	answer, err := grpc_health_v1.NewHealthClient(r.dial(r.tls("audit"), "notes")).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("serving: got %v, %v", answer.GetStatus(), err)
	}
	r.server.SetServing(false)
	_, err = call(rpc.WithToken(t.Context(), "ann"), r.dial(r.tls("web"), "notes"), readMethod, "x")
	if fault.KindOf(err) != fault.Unavailable || strings.Contains(r.log.String(), "Read") {
		t.Errorf("not serving: got %v", err)
	}
}

func TestAServerWithAnRpcWithoutPolicyDoesNotStart(t *testing.T) {
	registerProbe(t)
	server := rpc.NewServer(rpc.ServerConfig{TLS: (&rig{t: t, ca: mustCA(t)}).tls("notes"), Log: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry(), InFlight: 1})
	server.Registrar().RegisterService(describe(theProbe, echo), nil)
	err := server.CheckPolicies()
	if err == nil || !strings.Contains(err.Error(), "cannot verify tokens") {
		t.Errorf("without a verifier: %v", err)
	}
	// gRPC's own test service has no policies.
	bare := rpc.NewServer(rpc.ServerConfig{TLS: (&rig{t: t, ca: mustCA(t)}).tls("notes"), Verify: verify,
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), InFlight: 1})
	registerBare(bare.Registrar())
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = bare.Serve(listener)
	if err == nil || !strings.Contains(err.Error(), "has no valid scope") {
		t.Errorf("got %v", err)
	}
}

func mustCA(t *testing.T) *rpctest.CA {
	t.Helper()
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return ca
}
