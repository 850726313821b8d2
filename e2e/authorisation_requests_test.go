package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// requests are the rows of the matrix of authorisation: how the owner of
// something makes a valid request of each RPC. Everything else is derived from
// the contracts. A new RPC needs one line here, and no test passes without.
//
// The request is made once for each row and sent several times, the last time by
// the owner: it must still be valid then.
var requests = map[string]func(*owner) proto.Message{
	"notejam.auth.v1.AuthService/SignUp": func(*owner) proto.Message {
		id := uuid.NewString()
		return &authpb.SignUpRequest{Email: id + "@example.test", Password: password, RequestId: id}
	},
	"notejam.auth.v1.AuthService/SignIn": func(o *owner) proto.Message {
		return &authpb.SignInRequest{Email: o.email, Password: password, RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/SignOut": func(*owner) proto.Message {
		return &authpb.SignOutRequest{RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/ChangePassword": func(*owner) proto.Message {
		return &authpb.ChangePasswordRequest{CurrentPassword: password, NewPassword: "another long password", RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/RequestPasswordReset": func(o *owner) proto.Message {
		return &authpb.RequestPasswordResetRequest{Email: o.email, RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/ConfirmPasswordReset": func(o *owner) proto.Message {
		return &authpb.ConfirmPasswordResetRequest{Token: o.resetToken(), NewPassword: "another long password", RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/ListSessions": func(*owner) proto.Message { return &authpb.ListSessionsRequest{} },
	"notejam.auth.v1.AuthService/DeleteSession": func(o *owner) proto.Message {
		return &authpb.DeleteSessionRequest{Name: o.anotherSession().name, RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.AuthService/EndOtherSessions": func(*owner) proto.Message {
		return &authpb.EndOtherSessionsRequest{RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.TokensService/CreateToken": func(*owner) proto.Message {
		return &authpb.CreateTokenRequest{Token: &authpb.Token{Title: "Backup", Scopes: []string{"notes:read"}}, RequestId: uuid.NewString()}
	},
	"notejam.auth.v1.TokensService/GetToken": func(o *owner) proto.Message {
		return &authpb.GetTokenRequest{Name: o.made("/v1/tokens", tokenBody("notes:read"))}
	},
	"notejam.auth.v1.TokensService/ListTokens": func(*owner) proto.Message { return &authpb.ListTokensRequest{} },
	"notejam.auth.v1.TokensService/DeleteToken": func(o *owner) proto.Message {
		return &authpb.DeleteTokenRequest{Name: o.made("/v1/tokens", tokenBody("notes:read")), RequestId: uuid.NewString()}
	},
	"notejam.auth.internal.v1.IdentityService/ExchangeToken": func(o *owner) proto.Message {
		secret, _ := o.makeToken("notes:read")
		return &authinternalpb.ExchangeTokenRequest{Token: secret, Audiences: []string{"notes"}}
	},
	"notejam.auth.internal.v1.IdentityService/ExchangeSession": func(o *owner) proto.Message {
		return &authinternalpb.ExchangeSessionRequest{SessionToken: o.token, Audiences: []string{"notes"}}
	},
	"notejam.auth.internal.v1.IdentityService/CheckPasswordReset": func(o *owner) proto.Message {
		return &authinternalpb.CheckPasswordResetRequest{Token: o.resetToken()}
	},
	"notejam.auth.internal.v1.IdentityService/GetKeySet": func(*owner) proto.Message { return &authinternalpb.GetKeySetRequest{} },

	"notejam.notes.v1.NotesService/CreateNote": func(*owner) proto.Message {
		return &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "A note", Text: "Text."}, RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.NotesService/GetNote":   func(o *owner) proto.Message { return &notespb.GetNoteRequest{Name: o.note()} },
	"notejam.notes.v1.NotesService/ListNotes": func(*owner) proto.Message { return &notespb.ListNotesRequest{} },
	"notejam.notes.v1.NotesService/UpdateNote": func(o *owner) proto.Message {
		return &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: o.note(), Title: "Mine"}, RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.NotesService/DeleteNote": func(o *owner) proto.Message {
		return &notespb.DeleteNoteRequest{Name: o.note(), RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.NotesService/UndeleteNote": func(o *owner) proto.Message {
		return &notespb.UndeleteNoteRequest{Name: o.deleted(o.note()), RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.PadsService/CreatePad": func(*owner) proto.Message {
		return &notespb.CreatePadRequest{Pad: &notespb.Pad{Title: "A pad"}, RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.PadsService/GetPad":   func(o *owner) proto.Message { return &notespb.GetPadRequest{Name: o.pad()} },
	"notejam.notes.v1.PadsService/ListPads": func(*owner) proto.Message { return &notespb.ListPadsRequest{} },
	"notejam.notes.v1.PadsService/UpdatePad": func(o *owner) proto.Message {
		return &notespb.UpdatePadRequest{Pad: &notespb.Pad{Name: o.pad(), Title: "Mine"}, RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.PadsService/DeletePad": func(o *owner) proto.Message {
		return &notespb.DeletePadRequest{Name: o.pad(), RequestId: uuid.NewString()}
	},
	"notejam.notes.v1.PadsService/UndeletePad": func(o *owner) proto.Message {
		return &notespb.UndeletePadRequest{Name: o.deleted(o.pad()), RequestId: uuid.NewString()}
	},
	"notejam.notes.internal.v1.PagesService/GetNotesPage": func(o *owner) proto.Message {
		return &notesinternalpb.GetNotesPageRequest{Pad: o.pad()}
	},
	"notejam.notes.internal.v1.PagesService/GetNotePage": func(o *owner) proto.Message {
		return &notesinternalpb.GetNotePageRequest{Name: o.note()}
	},

	"notejam.audit.v1.ActivityService/ListActivities": func(*owner) proto.Message { return &auditpb.ListActivitiesRequest{} },
	"notejam.audit.v1.ActivityService/GetTrail":       func(*owner) proto.Message { return &auditpb.GetTrailRequest{} },
	"notejam.audit.v1.ActivityService/VerifyTrail":    func(*owner) proto.Message { return &auditpb.VerifyTrailRequest{} },
	"notejam.audit.internal.v1.RecordsService/FindMissing": func(*owner) proto.Message {
		return &auditinternalpb.FindMissingRequest{EventIds: []string{uuid.NewString()}}
	},
	"notejam.audit.internal.v1.PagesService/GetActivityPage": func(*owner) proto.Message {
		return &auditinternalpb.GetActivityPageRequest{}
	},
}

// owner is a person of whom the matrix knows everything that a service would.
type owner struct {
	*person
	principal identity.Principal // all scopes
}

// session is one that the owner has signed in.
type session struct{ token, name string }

func (s session) id() string { return strings.TrimPrefix(s.name, "sessions/") }

// newOwner signs somebody up and in, by REST.
func newOwner(t *testing.T, name string) *owner {
	t.Helper()
	o := &owner{person: visitor(t, stack.URL())}
	o.email = name + "-" + o.email
	status, answer := o.call(http.MethodPost, "/v1/auth:signUp", map[string]string{"email": o.email, "password": password}, "")
	if status != http.StatusOK {
		t.Fatalf("sign up: %d %v", status, answer)
	}
	account, _ := answer["account"].(map[string]any)
	first := o.anotherSession()
	o.token = first.token
	o.principal.PersonID = strings.TrimPrefix(account["name"].(string), "accounts/")
	o.principal.SessionID = first.id()
	o.principal.Scopes = everyScope(t)
	return o
}

// anotherSession signs the owner in once more.
func (o *owner) anotherSession() session {
	o.t.Helper()
	status, answer := o.call(http.MethodPost, "/v1/auth:signIn", map[string]string{"email": o.email, "password": password}, "")
	if status != http.StatusOK {
		o.t.Fatalf("sign in: %d %v", status, answer)
	}
	made, _ := answer["session"].(map[string]any)
	return session{token: answer["sessionToken"].(string), name: made["name"].(string)}
}

// note makes a note and gives its resource name.
func (o *owner) note() string {
	return o.made("/v1/notes", map[string]string{"title": canaryTitle, "text": canaryText})
}

// pad makes a pad and gives its resource name.
func (o *owner) pad() string { return o.made("/v1/pads", map[string]string{"title": canaryTitle}) }

func (o *owner) made(path string, body any) string {
	o.t.Helper()
	status, answer := o.api(http.MethodPost, path, body)
	if status != http.StatusOK {
		o.t.Fatalf("%s: %d %v", path, status, answer)
	}
	return answer["name"].(string)
}

// deleted deletes a thing and gives its name.
func (o *owner) deleted(name string) string {
	o.t.Helper()
	status, answer := o.api(http.MethodDelete, "/v1/"+name, nil)
	if status != http.StatusOK {
		o.t.Fatalf("delete %s: %d %v", name, status, answer)
	}
	return name
}

// resetToken gives the token of a mail that the owner asked for.
func (o *owner) resetToken() string {
	o.t.Helper()
	status, answer := o.call(http.MethodPost, "/v1/auth:requestPasswordReset", map[string]string{"email": o.email}, "")
	if status != http.StatusOK {
		o.t.Fatalf("ask for a mail: %d %v", status, answer)
	}
	return strings.Trim(strings.TrimPrefix(o.mailedLink(), "/reset-password/"), "/")
}
