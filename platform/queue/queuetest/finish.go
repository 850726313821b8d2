package queuetest

import (
	"context"
	"time"
)

const maxHideSeconds = 12 * 3600 // SQS's limit of a visibility timeout

type deleteInput struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

type deleteBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []deleteBatchEntry
}

type deleteBatchEntry struct {
	ID            string `json:"Id"`
	ReceiptHandle string
}

type visibilityInput struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

type visibilityBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []visibilityBatchEntry
}

type visibilityBatchEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

// nothing is the answer of operations that have none.
type nothing struct{}

func (s *Server) deleteMessage(_ context.Context, in deleteInput) (nothing, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.store.delete(q, in.ReceiptHandle)
}

func (s *Server) deleteMessageBatch(_ context.Context, in deleteBatchInput) (batchOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return batchOutput{}, err
	}
	return each(s.store, in.Entries, func(e deleteBatchEntry) string { return e.ID }, func(e deleteBatchEntry) error {
		return s.store.delete(q, e.ReceiptHandle)
	})
}

func (s *Server) changeMessageVisibility(_ context.Context, in visibilityInput) (nothing, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.store.changeVisibility(q, in.ReceiptHandle, in.VisibilityTimeout)
}

func (s *Server) changeMessageVisibilityBatch(_ context.Context, in visibilityBatchInput) (batchOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return batchOutput{}, err
	}
	return each(s.store, in.Entries, func(e visibilityBatchEntry) string { return e.ID }, func(e visibilityBatchEntry) error {
		return s.store.changeVisibility(q, e.ReceiptHandle, e.VisibilityTimeout)
	})
}

// delete removes a message by the handle of its last delivery. An older handle removes nothing and is no error: SQS promises no more ("the message
// might not be deleted"), and a consumer must live with the least.
func (s *store) delete(q *queue, handle string) error {
	key, count, err := parseReceipt(q.config.Name, handle)
	if err != nil {
		return err
	}
	m := q.messages[key]
	if m == nil || m.count != count || s.hit(s.faults.LoseDelete) {
		return nil
	}
	return s.commit(record{Op: opDelete, Queue: q.config.Name, Key: key})
}

// changeVisibility hides a message that is in flight, by the handle of its last delivery.
func (s *store) changeVisibility(q *queue, handle string, seconds *int) error {
	if seconds == nil {
		return missingParameter("VisibilityTimeout")
	}
	err := checkVisibility(*seconds)
	if err != nil {
		return err
	}
	key, count, err := parseReceipt(q.config.Name, handle)
	if err != nil {
		return err
	}
	now := s.now()
	m := q.messages[key]
	switch {
	case m == nil:
		return invalidParameterValue("ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change")
	case m.count != count || !m.visible.After(now):
		return messageNotInflight()
	}
	visible := now.Add(time.Duration(*seconds) * time.Second)
	return s.commit(record{Op: opHide, Queue: q.config.Name, Key: key, Visible: visible, Count: count})
}

func checkVisibility(seconds int) error {
	if seconds < 0 || seconds > maxHideSeconds {
		return invalidParameterValue("VisibilityTimeout", seconds, "Must be >= 0 and <= 43200")
	}
	return nil
}
