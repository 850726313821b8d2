package queuetest

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxWaitSeconds = 20 // SQS's limit of a long poll

type receiveInput struct {
	QueueURL                    string `json:"QueueUrl"`
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             int
	MessageSystemAttributeNames []string
}

type receiveOutput struct {
	Messages []received `json:",omitempty"`
}

type received struct {
	MessageID     string `json:"MessageId"`
	ReceiptHandle string
	Body          string
	MD5OfBody     string
	Attributes    map[string]string `json:",omitempty"`
}

// receiveMessage answers with what is visible, or waits until something is, the wait is over, or one of the two sides ends.
func (s *Server) receiveMessage(ctx context.Context, in receiveInput) (receiveOutput, error) {
	err := in.check()
	if err != nil {
		return receiveOutput{}, err
	}
	end := time.NewTimer(time.Duration(in.WaitTimeSeconds) * time.Second)
	defer end.Stop()
	for over := in.WaitTimeSeconds == 0; ; {
		messages, next, err := s.store.receive(in)
		if err != nil || len(messages) > 0 || over {
			return receiveOutput{Messages: messages}, err
		}
		lapse := time.NewTimer(next.after)
		select {
		case <-next.changed:
		case <-lapse.C:
		case <-end.C:
			over = true
		case <-s.closing:
			over = true
		case <-ctx.Done():
			return receiveOutput{}, errCut
		}
		lapse.Stop()
	}
}

// next says when it is worth looking again: after a time, or when the channel is closed.
type next struct {
	after   time.Duration
	changed <-chan struct{}
}

func (s *store) receive(in receiveInput) ([]received, next, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, next{}, err
	}
	if s.faults.Down {
		return nil, next{}, errCut
	}
	hide := q.config.Visibility
	if in.VisibilityTimeout != nil {
		hide = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	limit := 1
	if in.MaxNumberOfMessages != nil {
		limit = *in.MaxNumberOfMessages
	}
	now := s.now()
	ready, err := s.receivable(q, now, limit)
	if err != nil || len(ready) == 0 {
		return nil, q.next(now), err
	}
	var records []record
	var messages []received
	for _, m := range ready {
		records = append(records, record{Op: opHide, Queue: q.config.Name, Key: m.key, Visible: now.Add(hide), Count: m.count + 1})
		messages = append(messages, in.delivery(q.config.Name, m))
	}
	return messages, next{}, s.commit(records...)
}

// receivable finds visible messages. Those among them that were received often enough it moves to the dead-letter queue, with their id and time: as in
// SQS that happens when somebody wants to receive them once more.
func (s *store) receivable(q *queue, now time.Time, limit int) ([]*message, error) {
	for {
		ready := q.schedule.visible(now, limit)
		var moves []record
		for _, m := range ready {
			if q.config.DeadLetter != "" && m.count >= q.config.MaxReceive {
				moves = append(moves, record{Op: opMove, Queue: q.config.Name, Key: m.key, To: q.config.DeadLetter, Visible: now})
			}
		}
		if len(moves) == 0 {
			return ready, nil
		}
		err := s.commit(moves...)
		if err != nil {
			return nil, err
		}
	}
}

func (q *queue) next(now time.Time) next {
	n := next{after: maxWaitSeconds * time.Second, changed: q.changed}
	if len(q.schedule) > 0 {
		n.after = q.schedule[0].visible.Sub(now)
	}
	return n
}

func (in receiveInput) delivery(queue string, m *message) received {
	out := received{MessageID: m.id, Body: m.body, MD5OfBody: md5Hex(m.body), ReceiptHandle: receiptHandle(queue, m.key, m.count+1)}
	names := in.MessageSystemAttributeNames
	for name, value := range map[string]string{
		"ApproximateReceiveCount": strconv.Itoa(m.count + 1),
		"SentTimestamp":           strconv.FormatInt(m.sent.UnixMilli(), 10),
	} {
		if slices.Contains(names, name) || slices.Contains(names, "All") {
			if out.Attributes == nil {
				out.Attributes = make(map[string]string)
			}
			out.Attributes[name] = value
		}
	}
	return out
}

func (in receiveInput) check() error {
	if in.MaxNumberOfMessages != nil && (*in.MaxNumberOfMessages < 1 || *in.MaxNumberOfMessages > maxEntries) {
		return invalidParameterValue("MaxNumberOfMessages", *in.MaxNumberOfMessages, "Must be between 1 and 10, if provided")
	}
	if in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > maxWaitSeconds {
		return invalidParameterValue("WaitTimeSeconds", in.WaitTimeSeconds, "Must be >= 0 and <= 20, if provided")
	}
	if in.VisibilityTimeout != nil {
		return checkVisibility(*in.VisibilityTimeout)
	}
	return nil
}

// receiptHandle names one delivery. To its holder it is opaque.
func receiptHandle(queue, key string, count int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(queue + "/" + key + "/" + strconv.Itoa(count)))
}

// parseReceipt reads a handle of the queue back.
func parseReceipt(queue, handle string) (key string, count int, err error) {
	raw, decodeErr := base64.RawURLEncoding.DecodeString(handle)
	parts := strings.Split(string(raw), "/")
	if decodeErr != nil || len(parts) != 3 || parts[0] != queue {
		return "", 0, receiptHandleIsInvalid()
	}
	count, convErr := strconv.Atoi(parts[2])
	if convErr != nil {
		return "", 0, receiptHandleIsInvalid()
	}
	return parts[1], count, nil
}
