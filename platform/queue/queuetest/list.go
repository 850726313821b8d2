package queuetest

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// maxListed is how many queues a list has at most. It is SQS's own limit.
const maxListed = 1000

type listInput struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string
}

type listOutput struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
	NextToken string   `json:",omitempty"`
}

// listQueues lists by name. As in SQS the list goes on only for who gives MaxResults; for others it ends after a thousand.
func (s *Server) listQueues(_ context.Context, in listInput) (listOutput, error) {
	limit := maxListed
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	if limit < 1 || limit > maxListed {
		return listOutput{}, invalidParameterValue("MaxResults", limit, "Must be between 1 and 1000, if provided")
	}
	s.store.mu.Lock()
	names := slices.Sorted(maps.Keys(s.store.queues))
	s.store.mu.Unlock()
	var out listOutput
	last := ""
	for _, name := range names {
		if !strings.HasPrefix(name, in.QueueNamePrefix) || name <= in.NextToken {
			continue
		}
		if len(out.QueueURLs) == limit {
			if in.MaxResults != nil {
				out.NextToken = last
			}
			break
		}
		out.QueueURLs = append(out.QueueURLs, s.URL(name))
		last = name
	}
	return out, nil
}
