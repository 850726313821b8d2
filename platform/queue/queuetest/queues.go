package queuetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultVisibility = 30 * time.Second // SQS's default
	maxMaxReceive     = 1000             // SQS's limit of maxReceiveCount
	arnPrefix         = "arn:aws:sqs:us-east-1:" + account + ":"
)

// The attributes that this server has.
const (
	attrVisible    = "ApproximateNumberOfMessages"
	attrInFlight   = "ApproximateNumberOfMessagesNotVisible"
	attrDelayed    = "ApproximateNumberOfMessagesDelayed"
	attrARN        = "QueueArn"
	attrVisibility = "VisibilityTimeout"
	attrRedrive    = "RedrivePolicy"
)

type createInput struct {
	QueueName  string
	Attributes map[string]string
}

type queueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"` // there is one account
}

type queueURLOutput struct {
	QueueURL string `json:"QueueUrl"`
}

type attributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

type purgeInput struct {
	QueueURL string `json:"QueueUrl"`
}

// redrivePolicy is JSON in an attribute. Senders write the count as a number or as text.
type redrivePolicy struct {
	DeadLetterTargetARN string      `json:"deadLetterTargetArn"`
	MaxReceiveCount     json.Number `json:"maxReceiveCount"`
}

// isName is the rule for names of queues and for ids of a batch's entries.
func isName(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 80
}

// complete fills in the defaults and refuses what SQS would refuse.
func (c QueueConfig) complete() (QueueConfig, error) {
	if c.Visibility == 0 {
		c.Visibility = defaultVisibility
	}
	switch {
	case !isName(c.Name):
		return c, fmt.Errorf("queue %q: a name has 1 to 80 letters, digits, hyphens and underscores", c.Name)
	case c.Visibility < 0 || c.Visibility > maxHideSeconds*time.Second:
		return c, fmt.Errorf("queue %q: the visibility is not between 0 and 12 h", c.Name)
	case c.DeadLetter == "" && c.MaxReceive != 0, c.DeadLetter != "" && (c.MaxReceive < 1 || c.MaxReceive > maxMaxReceive):
		return c, fmt.Errorf("queue %q: MaxReceive is 1 to %d with a dead-letter queue, and 0 without", c.Name, maxMaxReceive)
	}
	return c, nil
}

func (s *Server) createQueue(_ context.Context, in createInput) (queueURLOutput, error) {
	if !isName(in.QueueName) {
		return queueURLOutput{}, invalidParameterValue("QueueName", in.QueueName, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	config := QueueConfig{Name: in.QueueName, Visibility: defaultVisibility}
	existing := s.store.queues[in.QueueName]
	if existing != nil {
		config = existing.config
	}
	config, err := s.store.withAttributes(config, in.Attributes)
	switch {
	case err != nil:
		return queueURLOutput{}, err
	case existing == nil:
		err = s.store.commit(record{Op: opQueue, Queue: config.Name, Config: &config})
	case existing.config != config:
		err = queueNameExists(in.QueueName)
	}
	return queueURLOutput{QueueURL: s.URL(in.QueueName)}, err
}

func (s *store) withAttributes(config QueueConfig, attributes map[string]string) (QueueConfig, error) {
	for name, value := range attributes {
		switch name {
		case attrVisibility:
			seconds, err := strconv.Atoi(value)
			if err != nil || checkVisibility(seconds) != nil {
				return config, invalidAttributeValue(name)
			}
			config.Visibility = time.Duration(seconds) * time.Second
		case attrRedrive:
			var policy redrivePolicy
			err := json.Unmarshal([]byte(value), &policy)
			target, known := strings.CutPrefix(policy.DeadLetterTargetARN, arnPrefix)
			count, convErr := strconv.Atoi(policy.MaxReceiveCount.String())
			if errors.Join(err, convErr) != nil || !known || s.queues[target] == nil || count < 1 || count > maxMaxReceive {
				return config, invalidAttributeValue(name)
			}
			config.DeadLetter, config.MaxReceive = target, count
		default:
			return config, invalidAttributeName(name)
		}
	}
	return config, nil
}

func (s *Server) getQueueURL(_ context.Context, in queueURLInput) (queueURLOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	_, err := s.store.find(in.QueueName)
	if err != nil {
		return queueURLOutput{}, err
	}
	return queueURLOutput{QueueURL: s.URL(in.QueueName)}, nil
}

func (s *Server) getQueueAttributes(_ context.Context, in attributesInput) (attributesOutput, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return attributesOutput{}, err
	}
	all := q.attributes(s.store.now())
	if slices.Contains(in.AttributeNames, "All") {
		return attributesOutput{Attributes: all}, nil
	}
	asked := make(map[string]string)
	for _, name := range in.AttributeNames {
		value, ok := all[name]
		switch {
		case ok:
			asked[name] = value
		case name != attrRedrive:
			return attributesOutput{}, invalidAttributeName(name)
		}
	}
	return attributesOutput{Attributes: asked}, nil
}

func (q *queue) attributes(now time.Time) map[string]string {
	visible, inFlight, delayed := q.depth(now)
	all := map[string]string{
		attrVisible:    strconv.Itoa(visible),
		attrInFlight:   strconv.Itoa(inFlight),
		attrDelayed:    strconv.Itoa(delayed),
		attrARN:        arnPrefix + q.config.Name,
		attrVisibility: strconv.Itoa(int(q.config.Visibility / time.Second)),
	}
	if q.config.DeadLetter != "" {
		all[attrRedrive] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arnPrefix+q.config.DeadLetter, q.config.MaxReceive)
	}
	return all
}

// purgePause is SQS's time from a purge to the next one that it allows.
const purgePause = 60 * time.Second

func (s *Server) purgeQueue(_ context.Context, in purgeInput) (nothing, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	q, err := s.store.find(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	now := s.store.now()
	if now.Before(q.purged.Add(purgePause)) {
		return nothing{}, purgeQueueInProgress(q.config.Name)
	}
	err = s.store.commit(record{Op: opPurge, Queue: q.config.Name})
	if err == nil {
		q.purged = now
	}
	return nothing{}, err
}

// purge is the Server's method: it knows no pause.
func (s *store) purge(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(name)
	if err != nil {
		return err
	}
	return s.commit(record{Op: opPurge, Queue: q.config.Name})
}

// find takes a queue's URL or name. The URL's host does not matter: there may be a proxy in between.
func (s *store) find(url string) (*queue, error) {
	if url == "" {
		return nil, missingParameter("QueueUrl")
	}
	q := s.queues[path.Base(url)]
	if q == nil {
		return nil, queueDoesNotExist()
	}
	return q, nil
}
