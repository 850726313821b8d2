// Package proxy is what the REST door is measured against: the least that reads a
// note over HTTP and JSON from the same service by the same connection. net/http
// routes, protojson writes, a map remembers access tokens as web does; it knows
// one path, looks at nothing else, and is no starting point for anything.
package proxy

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// keep is how long web keeps an access token.
const keep = 10 * time.Second

// Proxy reads notes. Its zero value with both clients is ready.
type Proxy struct {
	Auth   authinternalpb.IdentityServiceClient
	Notes  notespb.NotesServiceClient
	tokens sync.Map // of kept, by session secret
}

type kept struct {
	token string
	until time.Time
}

// ServeHTTP answers GET /v1/notes/….
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, err := p.token(r.Context(), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	ctx := rpc.WithToken(rpc.WithRequestID(r.Context(), rpc.NewRequestID()), token)
	note, err := p.Notes.GetNote(ctx, &notespb.GetNoteRequest{Name: strings.TrimPrefix(r.URL.Path, "/v1/")})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	body, err := protojson.MarshalOptions{EmitDefaultValues: true}.Marshal(note)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // a client that went away is nobody's error
}

func (p *Proxy) token(ctx context.Context, session string) (string, error) {
	found, ok := p.tokens.Load(session)
	if known, _ := found.(kept); ok && time.Now().Before(known.until) {
		return known.token, nil
	}
	exchanged, err := p.Auth.ExchangeSession(ctx, &authinternalpb.ExchangeSessionRequest{SessionToken: session, Audiences: []string{"notes"}})
	if err != nil {
		return "", err
	}
	token := exchanged.GetAccessTokens()[0].GetToken()
	p.tokens.Store(session, kept{token, time.Now().Add(keep)})
	return token, nil
}
