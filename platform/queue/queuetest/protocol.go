package queuetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "AmazonSQS."
	// maxRequestBytes has room for a full batch (1 MiB) in which JSON writes every byte as six (\u0001).
	maxRequestBytes = 7 << 20
)

// operation answers one operation: from the request's JSON to the value that becomes the answer's.
type operation func(s *Server, ctx context.Context, request []byte) (any, error)

// operations are the ones that this server has, by the name in X-Amz-Target.
var operations = map[string]operation{
	"CreateQueue":                  answer((*Server).createQueue),
	"GetQueueUrl":                  answer((*Server).getQueueURL),
	"GetQueueAttributes":           answer((*Server).getQueueAttributes),
	"ListQueues":                   answer((*Server).listQueues),
	"PurgeQueue":                   answer((*Server).purgeQueue),
	"SendMessage":                  answer((*Server).sendMessage),
	"SendMessageBatch":             answer((*Server).sendMessageBatch),
	"ReceiveMessage":               answer((*Server).receiveMessage),
	"DeleteMessage":                answer((*Server).deleteMessage),
	"DeleteMessageBatch":           answer((*Server).deleteMessageBatch),
	"ChangeMessageVisibility":      answer((*Server).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": answer((*Server).changeMessageVisibilityBatch),
}

// answer puts the decoder before an operation.
func answer[In, Out any](do func(*Server, context.Context, In) (Out, error)) operation {
	return func(s *Server, ctx context.Context, request []byte) (any, error) {
		var in In
		err := decode(request, &in)
		if err != nil {
			return nil, err
		}
		return do(s, ctx, in)
	}
}

// decode reads the request's JSON object. A field that this server does not know is refused and not ignored: the caller relies on it.
func decode(request []byte, into any) error {
	if !utf8.Valid(request) {
		return serialization(errors.New("it is not UTF-8"))
	}
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err != nil {
		field, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
		if unknown {
			return unsupportedOperation("the parameter " + strings.Trim(field, `"`))
		}
		return serialization(err)
	}
	_, err = decoder.Token()
	if !errors.Is(err, io.EOF) {
		return serialization(errors.New("more follows after the object"))
	}
	return nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	result, err := s.handle(w, r)
	if errors.Is(err, errCut) {
		panic(http.ErrAbortHandler)
	}
	status := http.StatusOK
	if err != nil {
		status, result = errorAnswer(w, err)
	}
	body, err := json.Marshal(result)
	if err != nil {
		panic(fmt.Sprintf("queuetest: an answer is not JSON: %v", err))
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body))) // or a large answer goes out in chunks
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller is gone; it will ask again
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) (any, error) {
	name, _ := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	operation, ok := operations[name]
	if !ok || r.Method != http.MethodPost {
		return nil, generic(http.StatusBadRequest, "UnknownOperationException", "This server does not have this operation.")
	}
	request, err := readBody(w, r)
	if err != nil {
		return nil, generic(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
	}
	loseAnswer, err := s.store.admit(name)
	if err != nil {
		return nil, err
	}
	result, err := operation(s, r.Context(), request)
	if loseAnswer {
		return nil, errCut
	}
	return result, err
}

// readBody makes room at once for what the caller says that it sends, within reason: to grow step by step copies most of it again.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	room := min(max(r.ContentLength, 0), maxRequestBytes)
	request := bytes.NewBuffer(make([]byte, 0, room+bytes.MinRead))
	_, err := request.ReadFrom(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	return request.Bytes(), err
}

// errorAnswer writes an error as the SDK reads it. The fault in the header is Sender below 500.
func errorAnswer(w http.ResponseWriter, err error) (status int, body any) {
	known := asAPIError(err)
	fault := "Sender"
	if known.status >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", known.code+";"+fault)
	return known.status, map[string]string{"__type": known.shape, "message": known.message}
}
