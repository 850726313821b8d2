package notes

import (
	"fmt"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/pagetoken"
)

// pageTokens turn a place in a list into a text that only its owner can use, and only for the same list; see platform/pagetoken.
type pageTokens struct {
	codec *pagetoken.Codec
}

// newPageTokens takes the secret that all replicas share.
func newPageTokens(secret env.Secret) (*pageTokens, error) {
	if len(secret.Reveal()) < pagetoken.MinKey {
		return nil, fmt.Errorf("NOTES_PAGE_TOKEN_KEY must have at least %d characters", pagetoken.MinKey)
	}
	return &pageTokens{codec: pagetoken.New([]byte(secret.Reveal()))}, nil
}

// seal makes the token of a place in the list that binding names; "" for no place.
func (t *pageTokens) seal(owner, binding string, c *cursor) (string, error) {
	if c == nil {
		return "", nil
	}
	return t.codec.Encode(owner+"\n"+binding, c)
}

// open gives the place that the token stands for: nil for the empty token, which is the first page. A token that is not ours, or belongs to another
// person or list, is PAGE_TOKEN_INVALID.
func (t *pageTokens) open(owner, binding, token string) (*cursor, error) {
	if token == "" {
		return nil, nil
	}
	c := &cursor{}
	err := t.codec.Decode(owner+"\n"+binding, token, c)
	if err != nil {
		return nil, err
	}
	return c, nil
}
