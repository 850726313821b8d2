package queuetest

import (
	"net/http"
	"regexp"
)

const maxEntries = 10 // SQS's limit of entries in a batch

// batchOutput answers a batch whose successes have no more to say than their ids.
type batchOutput struct {
	Successful []batchSuccess
	Failed     []batchFailure
}

type batchSuccess struct {
	ID string `json:"Id"`
}

type batchFailure struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

func failure(id string, err error) batchFailure {
	known := asAPIError(err)
	return batchFailure{ID: id, SenderFault: known.status < http.StatusInternalServerError, Code: known.code, Message: known.message}
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkEntries holds a batch to the rules of all batches.
func checkEntries[E any](entries []E, id func(E) string) error {
	if len(entries) == 0 {
		return emptyBatchRequest()
	}
	if len(entries) > maxEntries {
		return tooManyEntries(len(entries))
	}
	seen := make(map[string]bool, len(entries))
	for _, entry := range entries {
		switch {
		case !entryID.MatchString(id(entry)):
			return invalidBatchEntryID()
		case seen[id(entry)]:
			return entryIDsNotDistinct(id(entry))
		}
		seen[id(entry)] = true
	}
	return nil
}

// each carries out the entries of a batch one by one and sorts them into the two lists. The caller holds the lock.
func each[E any](s *store, entries []E, id func(E) string, do func(E) error) (batchOutput, error) {
	out := batchOutput{Successful: []batchSuccess{}, Failed: []batchFailure{}}
	err := checkEntries(entries, id)
	if err != nil {
		return out, err
	}
	for _, entry := range entries {
		err := s.refuse()
		if err == nil {
			err = do(entry)
		}
		if err != nil {
			out.Failed = append(out.Failed, failure(id(entry), err))
			continue
		}
		out.Successful = append(out.Successful, batchSuccess{ID: id(entry)})
	}
	return out, nil
}
