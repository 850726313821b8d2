package model_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
)

// send makes the call.
func (c call) send(ctx context.Context, door, token string) (answer, error) {
	var content io.Reader
	if c.body != nil {
		data, err := json.Marshal(c.body)
		if err != nil {
			return answer{}, err
		}
		content = bytes.NewReader(data)
	}
	address := door + c.path
	if len(c.query) > 0 {
		address += "?" + c.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, c.verb, address, content)
	if err != nil {
		return answer{}, err
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.ifMatch != "" {
		req.Header.Set("If-Match", `"`+c.ifMatch+`"`)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: resp.StatusCode, etag: strings.Trim(resp.Header.Get("ETag"), `"`), text: string(text)}
	err = json.Unmarshal(text, &got.body)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s answers %d %q: %w", c.verb, c.path, got.status, text, err)
	}
	got.reason = reasonOf(got.body)
	return got, nil
}

// reasonOf gives the reason of an error; "" of any other body.
func reasonOf(body map[string]any) string {
	failed, _ := body["error"].(map[string]any)
	details, _ := failed["details"].([]any)
	if len(details) == 0 {
		return ""
	}
	first, _ := details[0].(map[string]any)
	reason, _ := first["reason"].(string)
	return reason
}

// same says whether two calls are the same request.
func (c call) same(other call) bool { return reflect.DeepEqual(c, other) }

// requestID gives the request_id, which is in the query unless the whole message
// is the body.
func (c call) requestID() string {
	id, whole := c.body["request_id"].(string)
	if whole {
		return id
	}
	return c.query.Get("request_id")
}

func (c call) String() string {
	return fmt.Sprintf("%s %s %v %v If-Match:%s", c.verb, c.path, c.query, c.body, c.ifMatch)
}
