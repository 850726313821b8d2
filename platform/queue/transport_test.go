package queue

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// closable is a body that cannot be read any more once it is closed, like the SDK's.
type closable struct {
	io.Reader
	closed bool
}

func (b *closable) Read(p []byte) (int, error) {
	if b.closed {
		return 0, io.ErrClosedPipe
	}
	return b.Reader.Read(p)
}

func (b *closable) Close() error {
	b.closed = true
	return nil
}

// sender stands for net/http, which may look at a body once more after the SDK has closed it.
type sender struct {
	body *closable
	sent string
}

func (s *sender) Do(request *http.Request) (*http.Response, error) {
	err := s.body.Close()
	if err != nil {
		return nil, err
	}
	sent, err := io.ReadAll(request.Body)
	s.sent = string(sent)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

func TestInMemory_ABodyThatTheSDKClosesEarlyIsStillSentWhole(t *testing.T) {
	body := &closable{Reader: strings.NewReader("ten messages")}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", body)
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{body: body}
	response, err := inMemory{s}.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	err = response.Body.Close()
	if err != nil || s.sent != "ten messages" {
		t.Errorf("sent %q, %v", s.sent, err)
	}
	body.closed = false
	body.Reader = strings.NewReader("ten messages")
	_, err = s.Do(request) //nolint:bodyclose // there is none
	if err == nil {
		t.Error("the test's own sender does not show the fault")
	}
}
