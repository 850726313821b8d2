package queuetest

import (
	"net/http"
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
		case !isName(id(entry)):
			return invalidBatchEntryID()
		case seen[id(entry)]:
			return entryIDsNotDistinct(id(entry))
		}
		seen[id(entry)] = true
	}
	return nil
}

// each sorts the entries of a batch into the two lists, one by one, and then makes the changes that came together in one write. The caller holds the
// lock.
func each[E any](s *store, entries []E, id func(E) string, add func(changes []record, e E) ([]record, error)) (batchOutput, error) {
	out := batchOutput{Successful: make([]batchSuccess, 0, len(entries)), Failed: []batchFailure{}}
	err := checkEntries(entries, id)
	if err != nil {
		return out, err
	}
	changes := make([]record, 0, len(entries))
	for _, entry := range entries {
		err := s.refuse()
		if err == nil {
			changes, err = add(changes, entry)
		}
		if err != nil {
			out.Failed = append(out.Failed, failure(id(entry), err))
			continue
		}
		out.Successful = append(out.Successful, batchSuccess{ID: id(entry)})
	}
	return out, s.commit(changes...)
}
