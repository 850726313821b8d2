package main

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
)

// reason is one of the errors that a method can answer.
type reason struct {
	code   codes.Code
	name   string // "NOTE_NOT_FOUND"
	when   string // perhaps
	status int    // where another one than the code's
}

func (r reason) httpStatus() int {
	if r.status != 0 {
		return r.status
	}
	return statuses[r.code]
}

// statuses are those that grpc-gateway answers.
var statuses = map[codes.Code]int{
	codes.InvalidArgument:    http.StatusBadRequest,
	codes.FailedPrecondition: http.StatusBadRequest,
	codes.Unauthenticated:    http.StatusUnauthorized,
	codes.PermissionDenied:   http.StatusForbidden,
	codes.NotFound:           http.StatusNotFound,
	codes.AlreadyExists:      http.StatusConflict,
	codes.Aborted:            http.StatusConflict,
	codes.ResourceExhausted:  http.StatusTooManyRequests,
	codes.Internal:           http.StatusInternalServerError,
	codes.Unavailable:        http.StatusServiceUnavailable,
	codes.DeadlineExceeded:   http.StatusGatewayTimeout,
}

// everywhere are the reasons of which the contracts' packages say once that all their methods can answer them, and those of
// the REST door itself.
func everywhere(m method) []reason {
	list := []reason{
		{code: codes.InvalidArgument, name: "REQUEST_MALFORMED", when: "when the request cannot be read"},
		{code: codes.ResourceExhausted, name: "RATE_LIMITED", when: "with Retry-After when there are too many requests"},
		{code: codes.Internal, name: "INTERNAL"},
		{code: codes.Unavailable, name: "SERVICE_UNAVAILABLE"},
		{code: codes.Unavailable, name: "OVERLOADED"},
		{code: codes.DeadlineExceeded, name: "DEADLINE_EXCEEDED"},
	}
	if m.Input().Fields().Len() > 0 {
		list = append(list, reason{code: codes.InvalidArgument, name: "FIELD_INVALID", when: "with a field violation for each wrong field"})
	}
	if m.policy.GetScope() != anonymous {
		list = append(list,
			reason{code: codes.Unauthenticated, name: "TOKEN_INVALID"},
			reason{code: codes.PermissionDenied, name: "SCOPE_MISSING", when: "when the token lacks the scope `" + m.policy.GetScope() + "`"})
	}
	if m.writes() {
		list = append(list,
			reason{code: codes.PermissionDenied, name: "CROSS_ORIGIN", when: "when a browser sends it for another site"},
			reason{code: codes.InvalidArgument, name: "REQUEST_ID_REUSED", when: "when the `requestId` came before with another request"},
			reason{code: codes.Aborted, name: "REQUEST_IN_PROGRESS", when: "while the first request with this `requestId` is under way"},
			reason{code: codes.Aborted, name: "LOCK_TIMEOUT", when: "when another write takes too long"},
			reason{code: codes.Unavailable, name: "OUTCOME_UNKNOWN", when: "when it is not certain whether it was done: send it again with the same `requestId`"})
	}
	if m.verb != http.MethodGet {
		list = append(list,
			reason{code: codes.ResourceExhausted, name: "REQUEST_TOO_LARGE", status: http.StatusRequestEntityTooLarge},
			reason{code: codes.InvalidArgument, name: "CONTENT_TYPE_UNSUPPORTED", when: "when the body is not JSON", status: http.StatusUnsupportedMediaType})
	}
	if m.conditional() {
		list = append(list, reason{
			code: codes.Aborted, name: "ETAG_MISMATCH", when: "when the resource does not have the etag of `If-Match`", status: http.StatusPreconditionFailed,
		})
	}
	return list
}

// codeFirst and reasonIn find a gRPC code and the reasons that come with it.
var (
	codeFirst = regexp.MustCompile("^([A-Z_]+)[ ,]")
	reasonIn  = regexp.MustCompile("`([A-Z_]+)`")
)

// ownReasons reads what the comment of a method says after "Reasons:", with semicolons between the codes:
// CODE `REASON` when …, or `REASON` when …; CODE `REASON`. What does not read so is a mistake.
func ownReasons(comment string) ([]reason, error) {
	_, text, _ := strings.Cut(comment, "Reasons: ")
	var list []reason
	for part := range strings.SplitSeq(strings.TrimSuffix(text, "."), ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		first, places := codeFirst.FindStringSubmatch(part), reasonIn.FindAllStringSubmatchIndex(part, -1)
		if first == nil || len(places) == 0 || statuses[codeNamed(first[1])] == 0 {
			return nil, fmt.Errorf("its comment says no code and reason in %q", part)
		}
		for i, at := range places {
			end := len(part)
			if i+1 < len(places) {
				end = places[i+1][0]
			}
			when := strings.TrimSpace(strings.Trim(strings.TrimSuffix(strings.TrimSpace(part[at[1]:end]), "or"), ", "))
			list = append(list, reason{code: codeNamed(first[1]), name: part[at[2]:at[3]], when: when})
		}
	}
	return list, nil
}

func codeNamed(name string) codes.Code { return codes.Code(code.Code_value[name]) } //nolint:gosec // a small number

// answers gives all responses of a method, by status.
func answers(m method, success *schema) (map[string]*response, error) {
	own, err := ownReasons(m.comment)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.FullName(), err)
	}
	comment := strings.ReplaceAll(commentOf(m.Output()), string(m.Output().Name()), answerName(m.Output()))
	ok := &response{Description: firstSentence(comment), Content: jsonOf(success)}
	all := map[string]*response{"200": ok}
	headers := slices.Clone(limitHeaders)
	if hasEtag(m.Output()) {
		headers = append(headers, "ETag")
	}
	if m.repeatable() {
		headers = append(headers, "Idempotent-Replayed")
	}
	ok.Headers = headersOf(headers...)
	if hasEtag(m.Output()) && m.verb == http.MethodGet {
		all["304"] = &response{Description: "The resource still has an etag of `If-None-Match`.", Headers: headersOf("ETag")}
	}
	byStatus := map[int][]reason{}
	for _, r := range append(own, everywhere(m)...) {
		status := r.httpStatus()
		if !slices.ContainsFunc(byStatus[status], func(other reason) bool { return other.name == r.name }) {
			byStatus[status] = append(byStatus[status], r)
		}
	}
	for status, reasons := range byStatus {
		all[strconv.Itoa(status)] = errorResponse(status, reasons)
	}
	return all, nil
}

// limitHeaders stand in every answer to a call that is counted. They are told of those two that programs watch them in.
var limitHeaders = []string{"RateLimit", "RateLimit-Policy"}

func errorResponse(status int, reasons []reason) *response {
	lines := make([]string, len(reasons))
	for i, r := range reasons {
		lines[i] = strings.TrimSpace(fmt.Sprintf("`%s` %s", r.name, r.when))
	}
	answer := &response{
		Description: http.StatusText(status) + ": " + strings.Join(lines, "; ") + ".",
		Content:     jsonOf(&schema{Ref: refTo("schemas", "Error")}),
	}
	switch status {
	case http.StatusUnauthorized:
		answer.Headers = headersOf("WWW-Authenticate")
	case http.StatusTooManyRequests:
		answer.Headers = headersOf(append(slices.Clone(limitHeaders), "Retry-After")...)
	case http.StatusServiceUnavailable:
		answer.Headers = headersOf("Retry-After")
	}
	return answer
}

func headersOf(names ...string) map[string]*pointer {
	headers := map[string]*pointer{}
	for _, name := range names {
		headers[name] = &pointer{refTo("headers", name)}
	}
	return headers
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}
