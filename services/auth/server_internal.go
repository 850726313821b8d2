package auth

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
)

// The audiences that tokens are made for: services that serve people.
var audiences = []string{"auth", "notes", "audit"}

// maxAudiences is per exchange.
const maxAudiences = 4

// useTimeout is what writing down a session's use may take. It is a courtesy to the list of sessions: the
// exchange, which the person waits for, does not fail with it.
const useTimeout = 300 * time.Millisecond

// InternalServer is the IdentityService, which only our own services call. It never waits for a password.
type InternalServer struct {
	authinternalpb.UnimplementedIdentityServiceServer
	store  *Store
	resets Resets
	keys   *Keyring
	log    *slog.Logger
}

// NewInternalServer makes the service on the parts that it shares with others.
func NewInternalServer(resets Resets, keys *Keyring, log *slog.Logger) *InternalServer {
	return &InternalServer{store: resets.Store, resets: resets, keys: keys, log: log}
}

// ExchangeSession turns a session's secret into access tokens.
func (s *InternalServer) ExchangeSession(
	ctx context.Context, req *authinternalpb.ExchangeSessionRequest,
) (*authinternalpb.ExchangeSessionResponse, error) {
	err := invalid(
		fault.Field{Name: "session_token", Sentence: required(req.GetSessionToken())},
		fault.Field{Name: "audiences", Sentence: checkAudiences(req.GetAudiences())})
	if err != nil {
		return nil, err
	}
	hash, err := hashSecret(sessionPrefix, req.GetSessionToken())
	if err != nil {
		return nil, errSessionEnded.With(err)
	}
	owner, err := s.store.SessionOwner(ctx, hash)
	if err != nil {
		return nil, err
	}
	if owner.UseDue {
		s.writeUse(ctx, owner)
	}
	resp := &authinternalpb.ExchangeSessionResponse{
		AccountId: owner.AccountID, SessionId: owner.SessionID, Email: owner.Email,
	}
	principal := identity.Principal{PersonID: owner.AccountID, SessionID: owner.SessionID, Scopes: sessionScopes}
	for _, audience := range req.GetAudiences() {
		token, expires, err := s.keys.Sign(principal, audience)
		if err != nil {
			return nil, err
		}
		resp.AccessTokens = append(resp.AccessTokens, &authinternalpb.AccessToken{
			Audience: audience, Token: token, ExpireTime: timestamppb.New(expires),
		})
	}
	return resp, nil
}

func checkAudiences(asked []string) string {
	if len(asked) == 0 {
		return sentenceRequired
	}
	unknown := slices.ContainsFunc(asked, func(a string) bool { return !slices.Contains(audiences, a) })
	if unknown || len(asked) > maxAudiences {
		return "Name one to four of auth, notes and audit."
	}
	return ""
}

func (s *InternalServer) writeUse(ctx context.Context, owner SessionOwner) {
	ctx, cancel := context.WithTimeout(ctx, useTimeout)
	defer cancel()
	err := s.store.UseSession(ctx, owner)
	if err != nil {
		s.log.WarnContext(ctx, "the use of a session was not written down", "session", owner.SessionID, "error", err)
	}
}

// CheckPasswordReset says whether a reset mail's token would work.
func (s *InternalServer) CheckPasswordReset(
	ctx context.Context, req *authinternalpb.CheckPasswordResetRequest,
) (*authinternalpb.CheckPasswordResetResponse, error) {
	err := s.resets.Check(ctx, req.GetToken())
	if err != nil {
		return nil, err
	}
	return &authinternalpb.CheckPasswordResetResponse{}, nil
}

// GetKeySet publishes the keys that verify access tokens.
func (s *InternalServer) GetKeySet(context.Context, *authinternalpb.GetKeySetRequest) (*authinternalpb.GetKeySetResponse, error) {
	set, err := s.keys.KeySet()
	if err != nil {
		return nil, err
	}
	return &authinternalpb.GetKeySetResponse{Jwks: set}, nil
}
