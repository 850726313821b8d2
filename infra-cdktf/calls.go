package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// Call says that one service calls another. The contracts say which do: proto/calls.json, from which come the rules of
// the security groups, the addresses that services are given, and who needs a certificate.
type Call struct {
	Caller string `json:"caller"`
	Callee string `json:"callee"`
}

// ReadCalls gives each pair once, in the file's order.
func ReadCalls(path string) ([]Call, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the program names the file
	if err != nil {
		return nil, fmt.Errorf("read who calls whom: %w", err)
	}
	var all, calls []Call
	err = json.Unmarshal(content, &all)
	if err != nil {
		return nil, fmt.Errorf("read who calls whom in %s: %w", path, err)
	}
	for _, call := range all {
		if !slices.Contains(calls, call) {
			calls = append(calls, call)
		}
	}
	return calls, nil
}

// callees are whom a service calls.
func callees(calls []Call, caller string) []string {
	var names []string
	for _, call := range calls {
		if call.Caller == caller {
			names = append(names, call.Callee)
		}
	}
	return names
}

// callers are who calls a service: the names that its certificate check lets in.
func callers(calls []Call, callee string) []string {
	var names []string
	for _, call := range calls {
		if call.Callee == callee {
			names = append(names, call.Caller)
		}
	}
	return names
}

// certificates are who may call each service: the services that need a certificate, and whose each must accept.
func certificates(calls []Call) map[string][]string {
	all := map[string][]string{}
	for _, program := range Programs() {
		all[program.Name] = sorted(callers(calls, program.Name))
	}
	return all
}

// provides tells whether a service is called, and so needs a name.
func provides(calls []Call, service string) bool { return len(callers(calls, service)) > 0 }
