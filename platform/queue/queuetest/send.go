package queuetest

import (
	"context"
	"crypto/md5" //nolint:gosec // the protocol's checksum, no secret
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	maxBodyBytes    = 1 << 20 // SQS's limit of a body and of the bodies of a batch together: 1,048,576 bytes
	maxDelaySeconds = 15 * 60 // SQS's limit of a message's delay
)

type sendInput struct {
	QueueURL string `json:"QueueUrl"`
	sendEntry
}

type sendBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendBatchEntry
}

type sendBatchEntry struct {
	ID string `json:"Id"`
	sendEntry
}

type sendEntry struct {
	MessageBody  string
	DelaySeconds int
}

type sendOutput struct {
	MessageID        string `json:"MessageId"`
	MD5OfMessageBody string
}

type sendBatchOutput struct {
	Successful []sendBatchSuccess
	Failed     []batchFailure
}

type sendBatchSuccess struct {
	ID string `json:"Id"`
	sendOutput
}

func (s *Server) sendMessage(_ context.Context, in sendInput) (sendOutput, error) {
	if in.MessageBody == "" {
		return sendOutput{}, missingParameter("MessageBody")
	}
	if len(in.MessageBody) > maxBodyBytes {
		return sendOutput{}, bodyTooLong()
	}
	err := in.check()
	if err != nil {
		return sendOutput{}, err
	}
	return s.store.send(in)
}

func (s *Server) sendMessageBatch(_ context.Context, in sendBatchInput) (sendBatchOutput, error) {
	err := checkEntries(in.Entries, func(e sendBatchEntry) string { return e.ID })
	if err != nil {
		return sendBatchOutput{}, err
	}
	size := 0
	for _, entry := range in.Entries {
		if entry.MessageBody == "" {
			return sendBatchOutput{}, missingParameter("MessageBody")
		}
		size += len(entry.MessageBody)
	}
	if size > maxBodyBytes {
		return sendBatchOutput{}, batchRequestTooLong(size)
	}
	return s.store.sendBatch(in)
}

func (s *store) send(in sendInput) (sendOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueURL)
	if err != nil {
		return sendOutput{}, err
	}
	now := s.now()
	q.settle(now)
	changes, out := s.put(nil, q, in.sendEntry, now)
	return out, s.commit(changes...)
}

// sendBatch takes or refuses each entry for itself, and journals those that it takes in one write.
func (s *store) sendBatch(in sendBatchInput) (sendBatchOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueURL)
	if err != nil {
		return sendBatchOutput{}, err
	}
	now := s.now()
	q.settle(now)
	out := sendBatchOutput{Successful: make([]sendBatchSuccess, 0, len(in.Entries)), Failed: []batchFailure{}}
	changes := make([]record, 0, len(in.Entries))
	for _, entry := range in.Entries {
		refused := entry.check()
		if refused == nil {
			refused = s.refuse()
		}
		if refused != nil {
			out.Failed = append(out.Failed, failure(entry.ID, refused))
			continue
		}
		var sent sendOutput
		changes, sent = s.put(changes, q, entry.sendEntry, now)
		out.Successful = append(out.Successful, sendBatchSuccess{ID: entry.ID, sendOutput: sent})
	}
	return out, s.commit(changes...)
}

// put adds to the changes that a message is there, and that it is there twice when the fault says so.
func (s *store) put(changes []record, q *queue, entry sendEntry, now time.Time) ([]record, sendOutput) {
	visible := now.Add(time.Duration(entry.DelaySeconds) * time.Second)
	switch {
	case s.hit(s.faults.Delay):
		visible = visible.Add(s.faults.DelayBy)
	case s.faults.Reorder && entry.DelaySeconds == 0:
		visible = visible.Add(-time.Duration(s.dice.Int64N(int64(reorderSpan))))
	}
	id := uuid.NewString()
	put := record{Op: opPut, Queue: q.config.Name, Key: id, ID: id, Body: entry.MessageBody, Sent: now, Visible: visible}
	changes = append(changes, put)
	if s.hit(s.faults.Duplicate) {
		put.Key = uuid.NewString()
		changes = append(changes, put)
	}
	return changes, sendOutput{MessageID: id, MD5OfMessageBody: md5Hex(entry.MessageBody)}
}

func (e sendEntry) check() error {
	if strings.ContainsFunc(e.MessageBody, notAllowed) {
		return invalidMessageContents()
	}
	if e.DelaySeconds < 0 || e.DelaySeconds > maxDelaySeconds {
		return invalidParameterValue("DelaySeconds", e.DelaySeconds, "DelaySeconds must be >= 0 and <= 900")
	}
	return nil
}

// notAllowed is the complement of what SQS allows in a body (developer guide, message quotas): XML 1.0's characters.
func notAllowed(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, r == 0xFFFE, r == 0xFFFF:
		return true
	default:
		return false
	}
}

func md5Hex(body string) string {
	sum := md5.Sum([]byte(body)) //nolint:gosec // the protocol's checksum, no secret
	return hex.EncodeToString(sum[:])
}
