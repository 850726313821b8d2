package main

import (
	"fmt"
	"net/http"
	"strings"
)

// statuses are the HTTP statuses of the kinds.
var statuses = map[string]int{
	"Internal":        http.StatusInternalServerError,
	"Invalid":         http.StatusBadRequest,
	"Unauthenticated": http.StatusUnauthorized,
	"Denied":          http.StatusForbidden,
	"NotFound":        http.StatusNotFound,
	"Exists":          http.StatusConflict,
	"Aborted":         http.StatusConflict,
	"Precondition":    http.StatusBadRequest,
	"Exhausted":       http.StatusTooManyRequests,
	"Unavailable":     http.StatusServiceUnavailable,
	"Timeout":         http.StatusGatewayTimeout,
	"Canceled":        http.StatusServiceUnavailable,
	"Unimplemented":   http.StatusServiceUnavailable,
}

// codes are their gRPC codes, as `status` in the body of an error.
var codes = map[string]string{
	"Internal": "INTERNAL", "Invalid": "INVALID_ARGUMENT", "Unauthenticated": "UNAUTHENTICATED", "Denied": "PERMISSION_DENIED",
	"NotFound": "NOT_FOUND", "Exists": "ALREADY_EXISTS", "Aborted": "ABORTED", "Precondition": "FAILED_PRECONDITION",
	"Exhausted": "RESOURCE_EXHAUSTED", "Unavailable": "UNAVAILABLE", "Timeout": "DEADLINE_EXCEEDED", "Canceled": "CANCELLED",
	"Unimplemented": "UNIMPLEMENTED",
}

const head = `# Errors

Every error that leaves Notejam names its reason: over gRPC in a ` + "`google.rpc.ErrorInfo`" + ` of the domain ` + "`notejam`" + `, over REST in the first of
` + "`error.details`" + `. Programs react to the reason, or to the status where they do not know it; the message is a sentence for a person and may change.
Reasons are added, and a program must expect one that it does not know. This page is made of the code by ` + "`make errors`" + `.
Over REST ` + "`CANCELED` and `UNIMPLEMENTED` are `SERVICE_UNAVAILABLE`" + `: a service was stopped in the middle of a call, or is of the release before.

| reason | status | REST | it is | answered by |
| --- | --- | --- | --- | --- |
`

// page writes docs/errors.md.
func page(list []reason) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range list {
		if len(r.kinds) == 0 {
			continue // somebody looks for it, nobody makes it
		}
		var kinds, numbers []string
		for _, kind := range r.kinds {
			kinds = append(kinds, "`"+codes[kind]+"`")
			numbers = append(numbers, fmt.Sprint(statuses[kind]))
		}
		if r.status != "" {
			numbers = []string{fmt.Sprint(statusNamed(r.status))}
		}
		who := strings.Join(r.answers, ", ")
		if r.shared {
			who = "any"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.name, strings.Join(kinds, ", "), strings.Join(numbers, ", "), r.meaning, who)
	}
	return b.String()
}

// statusNamed gives the number of a status of net/http: 405 for MethodNotAllowed.
func statusNamed(name string) int {
	for number := 100; number < 600; number++ {
		if strings.ReplaceAll(http.StatusText(number), " ", "") == name {
			return number
		}
	}
	return 0
}
