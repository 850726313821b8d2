package web

// Errors of REST: the body of AIP-193, with what a program needs to react and nothing from the inside.

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"gitlab.com/notejam/notejam/platform/fault"
)

// Reasons that only this door gives.
const (
	// reasonCrossOrigin is a request that a browser makes for another site.
	reasonCrossOrigin fault.Reason = "CROSS_ORIGIN"
	// reasonNoRoute is a path that is in no contract.
	reasonNoRoute fault.Reason = "ROUTE_NOT_FOUND"
	// reasonVerb is a path that does not have this method; the header Allow names those that it has.
	reasonVerb fault.Reason = "METHOD_NOT_ALLOWED"
	// reasonType is a body that is no JSON, or compressed.
	reasonType fault.Reason = "CONTENT_TYPE_UNSUPPORTED"
	// reasonRateLimited is a call that was not made because there were too many.
	reasonRateLimited fault.Reason = "RATE_LIMITED"
)

var (
	errRESTForged     = fault.New(fault.Denied, reasonCrossOrigin, "This request comes from another site.")
	errRESTToken      = fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "Send a valid token: Authorization: Bearer, and then nj_pat_… or nj_ses_….")
	errRESTRoute      = fault.New(fault.NotFound, reasonNoRoute, "There is no such path.")
	errRESTVerb       = fault.New(fault.Unimplemented, reasonVerb, "This path does not have this method.")
	errRESTType       = fault.New(fault.Invalid, reasonType, "Send JSON, uncompressed, with Content-Type: application/json.")
	errRESTAway       = fault.New(fault.Unavailable, fault.ReasonUnavailable, "Notejam is not available right now. Try again.")
	errRESTTooLarge   = fault.New(fault.Exhausted, fault.ReasonRequestTooLarge, "The body is too large.")
	errRESTUnreadable = fault.New(fault.Invalid, fault.ReasonRequestMalformed, "The request could not be read.")
)

// statusOfReason are the HTTP statuses that a gRPC code cannot express.
var statusOfReason = map[fault.Reason]int{
	reasonVerb:                  http.StatusMethodNotAllowed,
	reasonType:                  http.StatusUnsupportedMediaType,
	fault.ReasonRequestTooLarge: http.StatusRequestEntityTooLarge,
}

// restFailed answers when the library or a service said no.
func restFailed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	_, ours := fault.As(err)
	if !ours {
		err = malformed(err)
	}
	writeFault(ctx, w, err)
}

// malformed words what the library says about a body or a parameter that it could not read: where the mistake is, which helps,
// and neither anything of ours nor what the sender wrote there. Any other error of the library stays unexplained.
func malformed(err error) error {
	said := status.Convert(err)
	if said.Code() != codes.InvalidArgument {
		return fault.FromStatus(err)
	}
	return fault.New(fault.Invalid, fault.ReasonRequestMalformed, "The request could not be read: "+withoutWords(said.Message()))
}

// writeFault answers with err.
func writeFault(ctx context.Context, w http.ResponseWriter, err error) {
	factsOf(ctx).cause = err
	known := fault.Classify(err)
	if known.Kind == fault.Canceled || known.Kind == fault.Unimplemented && known.Reason != reasonVerb {
		known = errRESTAway // a service was stopped in the middle, or is of the release before
	}
	said := fault.ToStatus(known)
	httpStatus, special := statusOfReason[known.Reason]
	if !special {
		httpStatus = runtime.HTTPStatusFromCode(said.Code())
	}
	if known.Reason == fault.ReasonEtagMismatch && restCallOf(ctx).ifMatch != "" {
		httpStatus = http.StatusPreconditionFailed
	}
	header := w.Header()
	header.Set("Content-Type", restType)
	header.Del("ETag")
	wait := known.RetryAfter
	switch httpStatus {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", seconds(max(wait, retryAway)))
	case http.StatusTooManyRequests:
		if wait > 0 {
			header.Set("Retry-After", comeAgain(httpStatus, wait))
		}
	}
	body, err := json.Marshal(map[string]errorBody{"error": bodyOf(httpStatus, said)})
	if err != nil {
		factsOf(ctx).cause = err
		httpStatus = http.StatusInternalServerError
	}
	w.WriteHeader(httpStatus)
	_, _ = w.Write(body) // a client that went away is nobody's error
}

type errorBody struct {
	Code    int               `json:"code"`
	Status  string            `json:"status"`
	Message string            `json:"message"`
	Details []json.RawMessage `json:"details"`
}

func bodyOf(httpStatus int, said *status.Status) errorBody {
	body := errorBody{Code: httpStatus, Status: code.Code(said.Proto().GetCode()).String(), Message: said.Message(), Details: []json.RawMessage{}}
	for _, detail := range said.Proto().GetDetails() {
		raw, err := protojson.Marshal(detail)
		if err == nil { // a detail of a kind unknown here is left out
			body.Details = append(body.Details, raw)
		}
	}
	return body
}
