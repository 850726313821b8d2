package web

// What the fake auth says about sessions.

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// sessionID gives the id in a fake secret.
func sessionID(secret string) string { return secret[len("nj_ses_"):][:36] }

func (w *world) ListSessions(ctx context.Context, _ *authpb.ListSessionsRequest) (*authpb.ListSessionsResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	response := &authpb.ListSessionsResponse{Sessions: w.listed}
	if w.listed != nil {
		return response, nil
	}
	principal, _ := identity.PrincipalFrom(ctx)
	for _, secret := range slices.Sorted(maps.Keys(w.sessions)) {
		if w.sessions[secret] == principal.PersonID {
			response.Sessions = append(response.Sessions, &authpb.Session{
				Name: "sessions/" + sessionID(secret), CreateTime: timestamppb.New(testNow), LastUseTime: timestamppb.New(testNow),
				Current: secret == principal.SessionID,
			})
		}
	}
	return response, nil
}

func (w *world) DeleteSession(ctx context.Context, r *authpb.DeleteSessionRequest) (*authpb.DeleteSessionResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for secret, owner := range w.sessions {
		if owner == caller(ctx) && "sessions/"+sessionID(secret) == r.GetName() {
			delete(w.sessions, secret)
			return &authpb.DeleteSessionResponse{}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "SESSION_NOT_FOUND", "There is no such session.")
}

func (w *world) EndOtherSessions(ctx context.Context, _ *authpb.EndOtherSessionsRequest) (*authpb.EndOtherSessionsResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	principal, _ := identity.PrincipalFrom(ctx)
	maps.DeleteFunc(w.sessions, func(secret, owner string) bool { return owner == principal.PersonID && secret != principal.SessionID })
	return &authpb.EndOtherSessionsResponse{}, nil
}
