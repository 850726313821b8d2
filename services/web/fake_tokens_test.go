package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
)

var noToken = fault.New(fault.NotFound, "TOKEN_NOT_FOUND", "There is no such token.")

func (w *world) CreateToken(ctx context.Context, r *authpb.CreateTokenRequest) (*authpb.Token, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var wrong []fault.Field
	if strings.TrimSpace(r.GetToken().GetTitle()) == "" {
		wrong = append(wrong, fault.Field{Name: "token.title", Sentence: "This field is required."})
	}
	if len(r.GetToken().GetScopes()) == 0 {
		wrong = append(wrong, fault.Field{Name: "token.scopes", Sentence: "Choose at least one."})
	}
	if len(wrong) > 0 {
		return nil, fault.InvalidFields(wrong...)
	}
	if w.owners[r.GetRequestId()] != "" {
		return nil, fault.New(fault.Exists, reasonShownOnce, "The secret was shown once.")
	}
	w.owners[r.GetRequestId()] = caller(ctx)
	token, _ := proto.Clone(r.GetToken()).(*authpb.Token)
	id := uuid.NewString()
	token.Name, token.CreateTime = "tokens/"+id, timestamppb.New(testNow)
	token.Secret = "nj_pat_" + strings.ReplaceAll(id, "-", "")[:22] + "_" + strings.Repeat("s", 43) + "_cccccc"
	w.tokens = append(w.tokens, token)
	w.owners[token.GetName()] = caller(ctx)
	return token, nil
}

func (w *world) ListTokens(ctx context.Context, _ *authpb.ListTokensRequest) (*authpb.ListTokensResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	response := &authpb.ListTokensResponse{}
	for _, token := range own(ctx, w, w.tokens) {
		shown, _ := proto.Clone(token).(*authpb.Token)
		shown.Secret = ""
		response.Tokens = append(response.Tokens, shown)
	}
	return response, nil
}

func (w *world) GetToken(ctx context.Context, r *authpb.GetTokenRequest) (*authpb.Token, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, token := range own(ctx, w, w.tokens) {
		if token.GetName() == r.GetName() {
			shown, _ := proto.Clone(token).(*authpb.Token)
			shown.Secret = ""
			return shown, nil
		}
	}
	return nil, noToken
}

func (w *world) DeleteToken(ctx context.Context, r *authpb.DeleteTokenRequest) (*authpb.DeleteTokenResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.owners[r.GetName()] != caller(ctx) {
		return nil, noToken
	}
	w.tokens = slices.DeleteFunc(w.tokens, func(t *authpb.Token) bool { return t.GetName() == r.GetName() })
	return &authpb.DeleteTokenResponse{}, nil
}

func (w *world) ExchangeToken(_ context.Context, r *authinternalpb.ExchangeTokenRequest) (*authinternalpb.ExchangeTokenResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, token := range w.tokens {
		if token.GetSecret() != r.GetToken() {
			continue
		}
		email, audience := w.owners[token.GetName()], r.GetAudiences()[0]
		return &authinternalpb.ExchangeTokenResponse{AccountId: email, TokenName: token.GetName(), AccessTokens: []*authinternalpb.AccessToken{{
			Audience: audience, Token: audience + " " + email + " " + r.GetToken(), ExpireTime: timestamppb.New(testNow.Add(time.Hour)),
		}}}, nil
	}
	return nil, fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "This token does not work.")
}
