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

// useTimeout is what writing down the use of a session or token may take. It is a courtesy to their lists: the
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
	if owner.UseDue && !s.store.db.ReadOnly(ctx) {
		s.writeUse(ctx, sessionName(owner.SessionID), func(ctx context.Context) error { return s.store.UseSession(ctx, owner) })
	}
	resp := &authinternalpb.ExchangeSessionResponse{
		AccountId: owner.AccountID, SessionId: owner.SessionID, Email: owner.Email,
	}
	principal := identity.Principal{PersonID: owner.AccountID, SessionID: owner.SessionID, Scopes: sessionScopes}
	resp.AccessTokens, err = s.sign(principal, req.GetAudiences())
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// ExchangeToken turns a personal access token into access tokens. A mistyped one is refused without asking the database.
func (s *InternalServer) ExchangeToken(
	ctx context.Context, req *authinternalpb.ExchangeTokenRequest,
) (*authinternalpb.ExchangeTokenResponse, error) {
	err := invalid(
		fault.Field{Name: "token", Sentence: required(req.GetToken())},
		fault.Field{Name: "audiences", Sentence: checkAudiences(req.GetAudiences())})
	if err != nil {
		return nil, err
	}
	id, hash, err := readToken(req.GetToken())
	if err != nil {
		return nil, errTokenInvalid.With(err)
	}
	owner, err := s.store.TokenOwner(ctx, id, hash)
	if err != nil {
		return nil, err
	}
	if owner.UseDue && !s.store.db.ReadOnly(ctx) {
		s.writeUse(ctx, tokenName(owner.TokenID), func(ctx context.Context) error { return s.store.UseToken(ctx, owner) })
	}
	principal := identity.Principal{PersonID: owner.AccountID, SessionID: tokenName(owner.TokenID), Scopes: owner.Scopes}
	signed, err := s.sign(principal, req.GetAudiences())
	if err != nil {
		return nil, err
	}
	return &authinternalpb.ExchangeTokenResponse{AccountId: owner.AccountID, TokenName: tokenName(owner.TokenID), AccessTokens: signed}, nil
}

// sign makes an access token for each audience.
func (s *InternalServer) sign(principal identity.Principal, audiences []string) (signed []*authinternalpb.AccessToken, err error) {
	for _, audience := range audiences {
		token, expires, err := s.keys.Sign(principal, audience)
		if err != nil {
			return nil, err
		}
		signed = append(signed, &authinternalpb.AccessToken{
			Audience: audience, Token: token, ExpireTime: timestamppb.New(expires),
		})
	}
	return signed, nil
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

// writeUse writes down that a session or a token is in use.
func (s *InternalServer) writeUse(ctx context.Context, resource string, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, useTimeout)
	defer cancel()
	err := write(ctx)
	if err != nil {
		s.log.WarnContext(ctx, "a use was not written down", "resource", resource, "error", err)
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
