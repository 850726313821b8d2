package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
)

// answerOf is what a gRPC call came to.
func answerOf(t *testing.T, reply proto.Message, err error) answer {
	t.Helper()
	if err == nil {
		return answer{code: codes.OK, said: fmt.Sprint(fieldsOf(t, reply))}
	}
	refused, ok := fault.As(err)
	if !ok {
		t.Fatalf("got an error that is no fault: %v", err)
	}
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(status.Convert(refused.Cause).Proto())
	if err != nil {
		t.Fatal(err)
	}
	return answer{code: refused.Kind.Code(), reason: refused.Reason, said: string(wire)}
}

// ask calls the REST door and gives all of the answer: its status, every header
// but the two that no two answers share, and the body.
func ask(p *person, verb, path string, body any, header http.Header) answer {
	p.t.Helper()
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	req := p.request(verb, path, content)
	for name, values := range header {
		req.Header[name] = values
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	got := p.do(req)
	return restAnswer(p.t, got)
}

func restAnswer(t *testing.T, got *page) answer {
	t.Helper()
	header := got.header.Clone()
	header.Del("Date")
	header.Del("X-Request-Id")
	all := answer{said: fmt.Sprint(got.status, header, got.body)}
	if got.status == http.StatusOK {
		return all
	}
	var refused struct {
		Error struct {
			Status  string
			Details []struct{ Reason fault.Reason }
		}
	}
	err := json.Unmarshal([]byte(got.body), &refused)
	if err != nil || len(refused.Error.Details) == 0 {
		t.Fatalf("%s answers %d and no error of ours: %s", got.what, got.status, got.body)
	}
	all.code = codes.Code(code.Code_value[refused.Error.Status])
	all.reason = refused.Error.Details[0].Reason
	return all
}

// bearer is the header of a call with a token.
func bearer(token string) http.Header {
	if token == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}
