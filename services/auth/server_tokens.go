package auth

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// TokensServer is the public TokensService. It translates; the rules are in token.go and the store.
type TokensServer struct {
	authpb.UnimplementedTokensServiceServer
	store *Store
}

// NewTokensServer makes the service.
func NewTokensServer(store *Store) *TokensServer { return &TokensServer{store: store} }

// CreateToken makes a token and shows its secret.
func (s *TokensServer) CreateToken(ctx context.Context, req *authpb.CreateTokenRequest) (*authpb.Token, error) {
	caller, key, err := callerAndKey(ctx, authpb.TokensService_CreateToken_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	draft := TokenDraft{Title: req.GetToken().GetTitle(), Scopes: req.GetToken().GetScopes()}
	if expires := req.GetToken().GetExpireTime(); expires != nil {
		if expires.CheckValid() != nil {
			return nil, invalid(fault.Field{Name: "token.expire_time", Sentence: "Choose a time within 366 days."})
		}
		draft.ExpiresAt = expires.AsTime()
	}
	err = draft.Validate()
	if err != nil {
		return nil, err
	}
	token, text, err := s.store.CreateToken(ctx, key, caller, draft)
	if err != nil {
		return nil, err
	}
	answer := tokenToProto(token)
	answer.Secret = text
	return answer, nil
}

// GetToken reads one token of the caller.
func (s *TokensServer) GetToken(ctx context.Context, req *authpb.GetTokenRequest) (*authpb.Token, error) {
	caller, err := callerFrom(ctx)
	if err != nil {
		return nil, err
	}
	id, err := tokenID(req.GetName())
	if err != nil {
		return nil, err
	}
	token, err := s.store.Token(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	return tokenToProto(token), nil
}

// ListTokens lists the caller's live tokens.
func (s *TokensServer) ListTokens(ctx context.Context, _ *authpb.ListTokensRequest) (*authpb.ListTokensResponse, error) {
	caller, err := callerFrom(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := s.store.Tokens(ctx, caller)
	if err != nil {
		return nil, err
	}
	resp := &authpb.ListTokensResponse{}
	for _, token := range tokens {
		resp.Tokens = append(resp.Tokens, tokenToProto(token))
	}
	return resp, nil
}

// DeleteToken deletes one token of the caller.
func (s *TokensServer) DeleteToken(ctx context.Context, req *authpb.DeleteTokenRequest) (*authpb.DeleteTokenResponse, error) {
	caller, key, err := callerAndKey(ctx, authpb.TokensService_DeleteToken_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	id, err := tokenID(req.GetName())
	if err != nil {
		return nil, err
	}
	err = s.store.DeleteToken(ctx, key, caller, id)
	if err != nil {
		return nil, err
	}
	return &authpb.DeleteTokenResponse{}, nil
}

// tokenID reads a resource name. A text that is no token's name is one that does not exist.
func tokenID(name string) (string, error) {
	err := invalid(fault.Field{Name: "name", Sentence: required(name)})
	if err != nil {
		return "", err
	}
	id, ok := parseName(tokenCollection, name)
	if !ok {
		return "", errTokenNotFound
	}
	return id, nil
}

func tokenToProto(token Token) *authpb.Token {
	answer := &authpb.Token{
		Name:       tokenName(token.ID),
		Title:      token.Title,
		Scopes:     token.Scopes,
		CreateTime: timestamppb.New(token.CreatedAt),
		ExpireTime: timestamppb.New(token.ExpiresAt),
	}
	if !token.LastUsedAt.IsZero() {
		answer.LastUseTime = timestamppb.New(token.LastUsedAt)
	}
	return answer
}
