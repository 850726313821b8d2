package auth

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// Server is the public AuthService. It translates; the rules are in credentials.go and the store.
type Server struct {
	authpb.UnimplementedAuthServiceServer
	credentials Credentials
	resets      Resets
	store       *Store
}

// NewServer makes the service on the parts that it shares with others.
func NewServer(resets Resets) *Server {
	return &Server{credentials: resets.Credentials, resets: resets, store: resets.Store}
}

// SignUp makes an account.
func (s *Server) SignUp(ctx context.Context, req *authpb.SignUpRequest) (*authpb.SignUpResponse, error) {
	key, err := requestKey("", authpb.AuthService_SignUp_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	account, err := s.credentials.SignUp(ctx, key, req.GetEmail(), req.GetPassword(), originOf(ctx))
	if err != nil {
		return nil, err
	}
	return &authpb.SignUpResponse{Account: &authpb.Account{
		Name:       accountName(account.ID),
		Email:      account.Email,
		CreateTime: timestamppb.New(account.CreatedAt),
	}}, nil
}

// SignIn starts a session.
func (s *Server) SignIn(ctx context.Context, req *authpb.SignInRequest) (*authpb.SignInResponse, error) {
	token, session, err := s.credentials.SignIn(ctx, SignIn{
		Email:     req.GetEmail(),
		Password:  req.GetPassword(),
		RequestID: req.GetRequestId(),
		Client:    Client{Device: req.GetClient().GetDevice(), Network: req.GetClient().GetNetwork()},
		from:      originOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	return &authpb.SignInResponse{SessionToken: token, Session: sessionToProto(session, session.ID)}, nil
}

// ChangePassword replaces the password and ends the other sessions.
func (s *Server) ChangePassword(ctx context.Context, req *authpb.ChangePasswordRequest) (*authpb.ChangePasswordResponse, error) {
	caller, key, err := callerAndKey(ctx, authpb.AuthService_ChangePassword_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	err = s.credentials.ChangePassword(ctx, key, caller, req.GetCurrentPassword(), req.GetNewPassword())
	if err != nil {
		return nil, err
	}
	return &authpb.ChangePasswordResponse{}, nil
}

// RequestPasswordReset asks for a reset mail.
func (s *Server) RequestPasswordReset(
	ctx context.Context, req *authpb.RequestPasswordResetRequest,
) (*authpb.RequestPasswordResetResponse, error) {
	key, err := requestKey("", authpb.AuthService_RequestPasswordReset_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	err = s.resets.Ask(ctx, key, req.GetEmail(), originOf(ctx))
	if err != nil {
		return nil, err
	}
	return &authpb.RequestPasswordResetResponse{}, nil
}

// ConfirmPasswordReset uses a reset mail's token.
func (s *Server) ConfirmPasswordReset(
	ctx context.Context, req *authpb.ConfirmPasswordResetRequest,
) (*authpb.ConfirmPasswordResetResponse, error) {
	key, err := requestKey("", authpb.AuthService_ConfirmPasswordReset_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	err = s.resets.Confirm(ctx, key, req.GetToken(), req.GetNewPassword())
	if err != nil {
		return nil, err
	}
	return &authpb.ConfirmPasswordResetResponse{}, nil
}

// SignOut ends the session that calls.
func (s *Server) SignOut(ctx context.Context, req *authpb.SignOutRequest) (*authpb.SignOutResponse, error) {
	caller, key, err := callerAndKey(ctx, authpb.AuthService_SignOut_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	err = s.store.SignOut(ctx, key, caller)
	if err != nil {
		return nil, err
	}
	return &authpb.SignOutResponse{}, nil
}

// ListSessions lists the caller's live sessions.
func (s *Server) ListSessions(ctx context.Context, _ *authpb.ListSessionsRequest) (*authpb.ListSessionsResponse, error) {
	caller, err := callerFrom(ctx)
	if err != nil {
		return nil, err
	}
	sessions, err := s.store.Sessions(ctx, caller)
	if err != nil {
		return nil, err
	}
	resp := &authpb.ListSessionsResponse{}
	for _, session := range sessions {
		resp.Sessions = append(resp.Sessions, sessionToProto(session, caller.SessionID))
	}
	return resp, nil
}

// DeleteSession ends one session of the caller. A text that is no session's name is one that does not exist.
func (s *Server) DeleteSession(ctx context.Context, req *authpb.DeleteSessionRequest) (*authpb.DeleteSessionResponse, error) {
	caller, key, err := callerAndKey(ctx, authpb.AuthService_DeleteSession_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	err = invalid(fault.Field{Name: "name", Sentence: required(req.GetName())})
	if err != nil {
		return nil, err
	}
	id, ok := parseName(sessionCollection, req.GetName())
	if !ok {
		return nil, errSessionNotFound
	}
	err = s.store.EndSession(ctx, key, caller, id)
	if err != nil {
		return nil, err
	}
	return &authpb.DeleteSessionResponse{}, nil
}

// EndOtherSessions ends every session of the caller but the one that calls.
func (s *Server) EndOtherSessions(ctx context.Context, req *authpb.EndOtherSessionsRequest) (*authpb.EndOtherSessionsResponse, error) {
	caller, key, err := callerAndKey(ctx, authpb.AuthService_EndOtherSessions_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	ended, err := s.store.EndOtherSessions(ctx, key, caller)
	if err != nil {
		return nil, err
	}
	return &authpb.EndOtherSessionsResponse{EndedCount: int32(ended)}, nil //nolint:gosec // an account has at most 20 sessions
}

func sessionToProto(session Session, currentID string) *authpb.Session {
	return &authpb.Session{
		Name:        sessionName(session.ID),
		CreateTime:  timestamppb.New(session.CreatedAt),
		LastUseTime: timestamppb.New(session.LastUsedAt),
		ExpireTime:  timestamppb.New(session.ExpiresAt),
		Current:     session.ID == currentID,
		Device:      session.Client.Device,
		Network:     session.Client.Network,
	}
}

// callerFrom gives the person whom the interceptors found in the token.
func callerFrom(ctx context.Context) (Caller, error) {
	principal, ok := identity.PrincipalFrom(ctx)
	if !ok {
		return Caller{}, errSessionEnded
	}
	return Caller{AccountID: principal.PersonID, SessionID: principal.SessionID}, nil
}

// writing is a request that carries a request id.
type writing interface {
	proto.Message
	GetRequestId() string
}

// requestKey names a write, so that its repeat is recognised. The key's hash leaves passwords out.
func requestKey(person, method string, req writing) (idempotency.Key, error) {
	hash, err := idempotency.HashRequest(req)
	if err != nil {
		return idempotency.Key{}, err
	}
	return idempotency.Key{Person: person, RequestID: req.GetRequestId(), Method: method, Hash: hash}, nil
}

func callerAndKey(ctx context.Context, method string, req writing) (Caller, idempotency.Key, error) {
	caller, err := callerFrom(ctx)
	if err != nil {
		return Caller{}, idempotency.Key{}, err
	}
	key, err := requestKey(caller.AccountID, method, req)
	return caller, key, err
}
