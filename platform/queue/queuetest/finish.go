package queuetest

import (
	"context"
	"slices"
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
	changes, err := s.store.delete(nil, q, in.ReceiptHandle)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.store.commit(changes...)
}

func (s *Server) deleteMessageBatch(_ context.Context, in deleteBatchInput) (batchOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return batchOutput{}, err
	}
	return each(s.store, in.Entries, func(e deleteBatchEntry) string { return e.ID }, func(changes []record, e deleteBatchEntry) ([]record, error) {
		return s.store.delete(changes, q, e.ReceiptHandle)
	})
}

func (s *Server) changeMessageVisibility(_ context.Context, in visibilityInput) (nothing, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	changes, err := s.store.changeVisibility(nil, q, in.ReceiptHandle, in.VisibilityTimeout)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.store.commit(changes...)
}

func (s *Server) changeMessageVisibilityBatch(_ context.Context, in visibilityBatchInput) (batchOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return batchOutput{}, err
	}
	return each(s.store, in.Entries, func(e visibilityBatchEntry) string { return e.ID }, func(changes []record, e visibilityBatchEntry) ([]record, error) {
		return s.store.changeVisibility(changes, q, e.ReceiptHandle, e.VisibilityTimeout)
	})
}

// delete adds to the changes that a message is removed, by the handle of its last delivery. An older handle removes nothing and is no error: SQS
// promises no more ("the message might not be deleted"), and a consumer must live with the least.
func (s *store) delete(changes []record, q *queue, handle string) ([]record, error) {
	key, count, err := parseReceipt(q.config.Name, handle)
	if err != nil {
		return changes, err
	}
	m := q.messages[key]
	gone := m == nil || slices.ContainsFunc(changes, func(r record) bool { return r.Key == key })
	if gone || m.entry().count != count || s.hit(s.faults.LoseDelete) {
		return changes, nil
	}
	return append(changes, record{Op: opDelete, Queue: q.config.Name, Key: key}), nil
}

// changeVisibility adds to the changes that a message in flight is hidden, by the handle of its last delivery.
func (s *store) changeVisibility(changes []record, q *queue, handle string, seconds *int) ([]record, error) {
	if seconds == nil {
		return changes, missingParameter("VisibilityTimeout")
	}
	err := checkVisibility(*seconds)
	if err != nil {
		return changes, err
	}
	key, count, err := parseReceipt(q.config.Name, handle)
	if err != nil {
		return changes, err
	}
	now := s.now()
	q.settle(now)
	m := q.messages[key]
	switch {
	case m == nil:
		return changes, invalidParameterValue("ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change")
	case m.in != &q.hidden || m.entry().count != count:
		return changes, messageNotInflight()
	}
	visible := now.Add(time.Duration(*seconds) * time.Second)
	return append(changes, record{Op: opHide, Queue: q.config.Name, Key: key, Visible: visible, Count: count}), nil
}

func checkVisibility(seconds int) error {
	if seconds < 0 || seconds > maxHideSeconds {
		return invalidParameterValue("VisibilityTimeout", seconds, "Must be >= 0 and <= 43200")
	}
	return nil
}
