package fault

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Domain is ErrorInfo.domain of every error that leaves this system.
const Domain = "notejam"

// kinds is the one table between kinds and gRPC codes, with what a plain
// status of that code means to us when it comes without details.
var kinds = map[Kind]struct {
	code     codes.Code
	reason   Reason
	sentence string
}{
	Internal:        {codes.Internal, ReasonInternal, "Something went wrong."},
	Invalid:         {codes.InvalidArgument, ReasonRequestMalformed, "The request could not be read."},
	Unauthenticated: {codes.Unauthenticated, ReasonTokenInvalid, "Sign in to do this."},
	Denied:          {codes.PermissionDenied, ReasonCallerDenied, "This is not allowed."},
	NotFound:        {codes.NotFound, ReasonNotFound, "There is nothing here."},
	Exists:          {codes.AlreadyExists, ReasonAlreadyExists, "This exists already."},
	Aborted:         {codes.Aborted, ReasonAborted, "This was changed elsewhere at the same time."},
	Precondition:    {codes.FailedPrecondition, ReasonPrecondition, "This cannot be done now."},
	Exhausted:       {codes.ResourceExhausted, ReasonRequestTooLarge, "The request is too large."},
	Unavailable:     {codes.Unavailable, ReasonUnavailable, "Notejam is not available right now. Try again."},
	Timeout:         {codes.DeadlineExceeded, ReasonDeadline, "This took too long. Try again."},
	Canceled:        {codes.Canceled, ReasonCanceled, "The request was given up."},
	Unimplemented:   {codes.Unimplemented, ReasonUnimplemented, "This method is not there."},
}

var kindOfCode = func() map[codes.Code]Kind {
	m := make(map[codes.Code]Kind, len(kinds))
	for k, row := range kinds {
		m[row.code] = k
	}
	return m
}()

// Code gives the gRPC code of a kind.
func (k Kind) Code() codes.Code { return kinds[k].code }

// ToStatus turns any error into what a caller may see: the kind's code, the
// sentence, and ErrorInfo always; field violations and retry time where there
// are some. What is not a fault becomes Internal and tells nothing.
func ToStatus(err error) *status.Status {
	if err == nil {
		return status.New(codes.OK, "")
	}
	e := Classify(err)
	s := status.New(e.Kind.Code(), e.Sentence)
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{
		Reason: string(e.Reason), Domain: Domain, Metadata: e.Metadata,
	}}
	if len(e.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, f := range e.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: f.Name, Description: f.Sentence,
			})
		}
		details = append(details, bad)
	}
	if e.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(e.RetryAfter)})
	}
	withDetails, err := s.WithDetails(details...)
	if err != nil {
		// Only an OK status or an unmarshalable detail fails; ours are neither.
		return s
	}
	return withDetails
}

// Classify gives err's fault: itself, the plain meaning of a context or gRPC
// error, or Internal with err as its cause.
func Classify(err error) *Error {
	if e, ok := As(err); ok {
		return e
	}
	kind := Internal
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		kind = Timeout
	case errors.Is(err, context.Canceled):
		kind = Canceled
	default:
		// A status that a handler did not make: grpc-go's own, as for a method
		// that is not implemented. Other codes stay ours to classify.
		s, ok := status.FromError(err)
		if ok && s.Code() == codes.Unimplemented {
			kind = Unimplemented
		}
	}
	return plain(kind).With(err)
}

func plain(kind Kind) *Error {
	row := kinds[kind]
	return New(kind, row.reason, row.sentence)
}

// FromStatus turns the error of a gRPC call into a fault again. An error that
// is no status (it never left this process) goes through Classify.
func FromStatus(err error) error {
	if err == nil {
		return nil
	}
	// Not status.FromError: that gives the words around the status as its message, and grpc-go puts some around the last one of a call that it
	// has repeated in vain.
	var carrier interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &carrier) {
		return Classify(err)
	}
	s := carrier.GRPCStatus()
	kind, known := kindOfCode[s.Code()]
	if !known {
		kind = Internal
	}
	e := plain(kind)
	e.Cause = err
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			// The sentence is the sender's own only when the details are ours:
			// a status that grpc-go made itself holds internals.
			e.Reason, e.Metadata, e.Sentence = Reason(d.GetReason()), d.GetMetadata(), s.Message()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Fields = append(e.Fields, Field{Name: v.GetField(), Sentence: v.GetDescription()})
			}
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay().AsDuration().Round(time.Millisecond)
		}
	}
	return e
}
