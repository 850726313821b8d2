package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/planted"
	"gitlab.com/notejam/notejam/proto/policypb"
)

const (
	// defaultDeadline is for a caller who named none: longer than any of ours.
	defaultDeadline = 5 * time.Second
	// minBudget is the least time in which work is worth beginning.
	minBudget = 50 * time.Millisecond
	// limitWait is how long a call waits for room before it is shed.
	limitWait = 100 * time.Millisecond
)

// step is one interceptor of the chain, with the name that the order is held by.
type step struct {
	name string
	run  grpc.UnaryServerInterceptor
}

// chain is every call's way in, outermost first. The order is a rule, not a
// taste: whatever an inner step refuses is still logged, counted and
// translated, and nobody reaches the limit's queue who is not allowed to call.
func (s *Server) chain() []step {
	return []step{
		{"request id", s.withRequestID},
		{"log", s.logCall},
		{"metrics", s.measure},
		{"denials", s.tellDenied},
		{"read-only", s.tellReadOnly},
		{"recover and translate", s.recoverAndTranslate},
		{"deadline", s.withDeadline},
		{"identity", s.identify},
		{"policy", s.checkPolicy},
		{"limit", s.limitInFlight},
	}
}

// withRequestID takes the id that the calling service gave the request, or
// makes one: a log line without an id helps nobody. Where calls are traced that
// has happened before; see named.
func (s *Server) withRequestID(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if RequestID(ctx) == "" {
		ctx = named(ctx)
	}
	return next(ctx, req)
}

func named(ctx context.Context) context.Context {
	id := incoming(ctx, requestIDKey)
	if uuid.Validate(id) != nil {
		id = NewRequestID()
	}
	return WithRequestID(ctx, id)
}

// logCall writes the one line of the call. The cause is only here: on the wire
// it is gone.
func (s *Server) logCall(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	start := time.Now()
	facts := &callFacts{}
	resp, err := next(context.WithValue(ctx, callFactsKey{}, facts), req)
	attributes := []slog.Attr{
		slog.String("method", info.FullMethod),
		slog.String("request_id", RequestID(ctx)),
		slog.String("caller", facts.caller),
		slog.String("person", facts.person),
		slog.String("code", status.Code(err).String()),
		slog.Int64("took_us", time.Since(start).Microseconds()),
	}
	level := slog.LevelInfo
	if facts.cause != nil {
		attributes = append(attributes, slog.String("error", facts.cause.Error()))
		level = levelOf(facts.cause)
	}
	s.log.LogAttrs(ctx, level, "rpc", attributes...)
	return resp, err
}

// callFacts is what inner steps learn and the log line tells.
type callFacts struct {
	caller, person string
	cause          error
}

type callFactsKey struct{}

func factsOf(ctx context.Context) *callFacts {
	facts, ok := ctx.Value(callFactsKey{}).(*callFacts)
	if !ok {
		return &callFacts{}
	}
	return facts
}

// levelOf says whose fault it is: ours, a dependency's, or the caller's.
func levelOf(err error) slog.Level {
	known := fault.Classify(err)
	switch known.Kind {
	case fault.Internal:
		return slog.LevelError
	case fault.Unavailable, fault.Timeout:
		if known.Reason == fault.ReasonReadOnly {
			return slog.LevelInfo // an operator's doing
		}
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

func (s *Server) measure(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	start := time.Now()
	resp, err := next(ctx, req)
	s.metrics.observe(info.FullMethod, status.Code(err), time.Since(start))
	return resp, err
}

// tellDenied tells of persons who may not do what they asked for. Calls of nobody
// are noise, and what is not found is no denial.
func (s *Server) tellDenied(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	person := factsOf(ctx).person
	if s.denied != nil && person != "" && status.Code(err) == codes.PermissionDenied {
		s.denied(ctx, person, info.FullMethod)
	}
	return resp, err
}

// readOnlyKey is in the header of every answer of a service that is read-only.
const readOnlyKey = "notejam-read-only"

// tellReadOnly says with every answer that writes are refused, so that who asked
// knows before somebody has typed a lot. A write that was refused is not repeated.
func (s *Server) tellReadOnly(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if s.readOnly == nil || isForeign(info.FullMethod) || !s.readOnly(ctx) {
		return resp, err
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs(readOnlyKey, "true")) // fails only when the answer has left
	if status.Code(err) == codes.Unavailable {
		_ = forbidRepeats(ctx)
	}
	return resp, err
}

// recoverAndTranslate turns every failure, and every panic, into what a caller
// may see. It is the only place where an error becomes a status.
func (s *Server) recoverAndTranslate(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	defer func() {
		p := recover()
		if p != nil {
			s.metrics.panics.Inc()
			err = fmt.Errorf("panic in %s: %v\n%s", info.FullMethod, p, debug.Stack())
		}
		if err != nil {
			factsOf(ctx).cause = err
			resp, err = nil, fault.ToStatus(err).Err()
		}
	}()
	return next(ctx, req)
}

// withDeadline gives every call an end, and refuses to begin what cannot end
// in time: the caller would be gone before the answer.
func (s *Server) withDeadline(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultDeadline)
		defer cancel()
	} else if time.Until(deadline) < minBudget {
		return nil, fault.New(fault.Timeout, fault.ReasonDeadline, "This took too long. Try again.")
	}
	return next(ctx, req)
}

// identify finds out who calls (the certificate) and for whom (the person's
// token, on methods that need one).
func (s *Server) identify(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, fault.New(fault.Denied, fault.ReasonCallerDenied, "This is not allowed.").With(err)
	}
	facts := factsOf(ctx)
	facts.caller = caller
	ctx = context.WithValue(ctx, callerKeyType{}, caller)
	policy, ours := s.policies[info.FullMethod]
	if !ours || !policy.NeedsPerson() {
		return next(ctx, req)
	}
	token, err := bearer(ctx)
	if err != nil {
		return nil, err
	}
	principal, err := s.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	facts.person = principal.PersonID
	return next(identity.WithPrincipal(ctx, principal), req)
}

func callerOf(ctx context.Context) (string, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return "", fmt.Errorf("the call has no peer")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return "", fmt.Errorf("the peer has no TLS")
	}
	return peerName(info.State)
}

func bearer(ctx context.Context) (string, error) {
	value := incoming(ctx, authorizationKey)
	if len(value) <= len(bearerPrefix) || value[:len(bearerPrefix)] != bearerPrefix {
		return "", fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Sign in to do this.")
	}
	return value[len(bearerPrefix):], nil
}

// checkPolicy asks the method's options: may this service call it, does the
// token hold its scope, and does a write carry its request id? A method that
// is not in the policies is not ours (health) or is refused.
func (s *Server) checkPolicy(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	policy, ours := s.policies[info.FullMethod]
	if !ours {
		if isForeign(info.FullMethod) {
			return next(ctx, req)
		}
		return nil, fault.New(fault.Denied, fault.ReasonCallerDenied, "This is not allowed.")
	}
	if !policy.allows(Caller(ctx)) {
		return nil, fault.New(fault.Denied, fault.ReasonCallerDenied, "This is not allowed.").
			WithMetadata("caller", Caller(ctx))
	}
	if policy.NeedsPerson() {
		principal, _ := identity.PrincipalFrom(ctx)
		if !principal.Has(policy.Scope) {
			return nil, fault.New(fault.Denied, fault.ReasonScopeMissing, "This token may not do this.").
				WithMetadata("scope", policy.Scope)
		}
	}
	if policy.Writes && uuid.Validate(requestIDOf(req)) != nil {
		return nil, fault.InvalidFields(fault.Field{Name: string(requestIDField), Sentence: "Send a UUID as request_id."})
	}
	return next(ctx, req)
}

// requestIDOf reads the message's request_id (AIP-155), which is another thing
// than the request's id: it is the same on every repeat.
func requestIDOf(req any) string {
	message, ok := req.(proto.Message)
	if !ok {
		return ""
	}
	reflected := message.ProtoReflect()
	field := reflected.Descriptor().Fields().ByName(requestIDField)
	if field == nil {
		return ""
	}
	return reflected.Get(field).String()
}

// forbidRepeats tells the client that the call is not worth another try.
func forbidRepeats(ctx context.Context) error {
	return grpc.SetTrailer(ctx, metadata.Pairs(pushbackKey, "-1"))
}

// limitInFlight sheds what the service has no room for, by the class of its
// method. Health is not ours and has no class: it is never shed. Whoever is shed,
// here or where connections to the database are waited for, is told not to retry:
// retries are what overload is made of.
func (s *Server) limitInFlight(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if isForeign(info.FullMethod) {
		return next(ctx, req)
	}
	resp, err := s.admit(ctx, req, s.policies[info.FullMethod].Class, next)
	if fault.Is(err, fault.ReasonOverloaded) && !planted.Bug(planted.ShedIsRepeated) {
		err = errors.Join(err, forbidRepeats(ctx))
	}
	return resp, err
}

func (s *Server) admit(ctx context.Context, req any, class policypb.Class, next grpc.UnaryHandler) (any, error) {
	err := s.gate.Enter(ctx, class)
	if err != nil {
		return nil, err
	}
	defer s.gate.Leave()
	return next(ctx, req)
}
