package queuetest

import (
	"context"
	"encoding/base64"
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
	Attributes    *systemAttributes `json:",omitempty"`
}

type systemAttributes struct {
	ApproximateReceiveCount string `json:",omitempty"`
	SentTimestamp           string `json:",omitempty"`
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
		if err == nil && next.again {
			continue
		}
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

// next says when it is worth looking again: at once, after a time, or when the channel is closed.
type next struct {
	again   bool
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
	ready, more, err := s.receivable(q, now, limit)
	if err != nil || len(ready) == 0 {
		return nil, q.next(now, more), err
	}
	records := make([]record, 0, len(ready))
	messages := make([]received, 0, len(ready))
	for _, e := range ready {
		records = append(records, record{Op: opHide, Queue: q.config.Name, Key: e.message.key, Visible: now.Add(hide), Count: e.count + 1})
		messages = append(messages, in.delivery(q.config.Name, e))
	}
	return messages, next{}, s.commit(records...)
}

// maxMoves is how many messages one look moves to the dead-letter queue while all other calls wait for it: for a few milliseconds.
const maxMoves = 1000

// receivable finds visible messages. Those among them that were received often enough it moves to the dead-letter queue, with their id and time: as in
// SQS that happens when somebody wants to receive them once more. When there were too many of those there may be more.
func (s *store) receivable(q *queue, now time.Time, limit int) (ready []entry, more bool, err error) {
	q.settle(now)
	for moved := 0; moved < maxMoves; {
		ready = q.ready.first(limit)
		var moves []record
		for _, e := range ready {
			if q.config.DeadLetter != "" && e.count >= q.config.MaxReceive {
				moves = append(moves, record{Op: opMove, Queue: q.config.Name, Key: e.message.key, To: q.config.DeadLetter, Visible: now})
			}
		}
		if len(moves) == 0 {
			return ready, false, nil
		}
		err = s.commit(moves...)
		if err != nil {
			return nil, false, err
		}
		moved += len(moves)
	}
	return nil, true, nil
}

func (q *queue) next(now time.Time, again bool) next {
	n := next{again: again, after: maxWaitSeconds * time.Second, changed: q.wait()}
	if len(q.hidden.entries) > 0 {
		n.after = time.Unix(0, q.hidden.entries[0].visible).Sub(now)
	}
	return n
}

func (in receiveInput) delivery(queue string, e entry) received {
	m := e.message
	out := received{MessageID: m.id, Body: m.body, MD5OfBody: md5Hex(m.body), ReceiptHandle: receiptHandle(queue, m.key, e.count+1)}
	var attributes systemAttributes
	for _, name := range in.MessageSystemAttributeNames {
		if name == "ApproximateReceiveCount" || name == "All" {
			attributes.ApproximateReceiveCount = strconv.Itoa(e.count + 1)
			out.Attributes = &attributes
		}
		if name == "SentTimestamp" || name == "All" {
			attributes.SentTimestamp = strconv.FormatInt(time.Unix(0, m.sent).UnixMilli(), 10)
			out.Attributes = &attributes
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
