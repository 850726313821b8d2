package web

// What the fakes answer: the least that makes the pages work.

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notesinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

var (
	noNote = fault.New(fault.NotFound, "NOTE_NOT_FOUND", "There is no such note.")
	noPad  = fault.New(fault.NotFound, "PAD_NOT_FOUND", "There is no such pad.")

	noReset = fault.New(fault.NotFound, "RESET_TOKEN_NOT_FOUND", "This link does not work any more.")
)

func (w *world) SignUp(_ context.Context, r *authpb.SignUpRequest) (*authpb.SignUpResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !strings.Contains(r.GetEmail(), "@"):
		return nil, fault.InvalidFields(fault.Field{Name: "email", Sentence: "Enter a valid email address."})
	case w.people[r.GetEmail()] != "":
		return nil, fault.New(fault.Exists, reasonTaken, "This address is taken.")
	}
	w.people[r.GetEmail()] = r.GetPassword()
	return &authpb.SignUpResponse{}, nil
}

func (w *world) SignIn(_ context.Context, r *authpb.SignInRequest) (*authpb.SignInResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.people[r.GetEmail()] != r.GetPassword() || r.GetPassword() == "" {
		return nil, fault.New(fault.Unauthenticated, reasonWrong, "Wrong email or password")
	}
	secret := "nj_ses_" + uuid.NewString() + "bbbbbbb"
	w.sessions[secret] = r.GetEmail()
	return &authpb.SignInResponse{SessionToken: secret, Session: &authpb.Session{Name: "sessions/1"}}, nil
}

func (w *world) SignOut(ctx context.Context, _ *authpb.SignOutRequest) (*authpb.SignOutResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	principal, _ := identity.PrincipalFrom(ctx)
	delete(w.sessions, principal.SessionID)
	return &authpb.SignOutResponse{}, nil
}

func (w *world) ChangePassword(ctx context.Context, r *authpb.ChangePasswordRequest) (*authpb.ChangePasswordResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.people[caller(ctx)] != r.GetCurrentPassword() {
		return nil, fault.InvalidFields(fault.Field{Name: "current_password", Sentence: "This is not your current password."})
	}
	err := w.setPassword(caller(ctx), r.GetNewPassword())
	if err != nil {
		return nil, err
	}
	principal, _ := identity.PrincipalFrom(ctx)
	w.sessions[principal.SessionID] = caller(ctx)
	return &authpb.ChangePasswordResponse{}, nil
}

// setPassword also ends the person's sessions, with the world locked.
func (w *world) setPassword(email, password string) error {
	if password == "password" {
		return fault.InvalidFields(fault.Field{Name: "new_password", Sentence: "This password is too common."})
	}
	w.people[email] = password
	maps.DeleteFunc(w.sessions, func(_, owner string) bool { return owner == email })
	return nil
}

func (w *world) RequestPasswordReset(_ context.Context, r *authpb.RequestPasswordResetRequest) (*authpb.RequestPasswordResetResponse, error) {
	if !strings.Contains(r.GetEmail(), "@") {
		return nil, fault.InvalidFields(fault.Field{Name: "email", Sentence: "Enter a valid email address."})
	}
	return &authpb.RequestPasswordResetResponse{}, nil
}

func (w *world) CheckPasswordReset(_ context.Context, r *authinternalpb.CheckPasswordResetRequest) (*authinternalpb.CheckPasswordResetResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.resets[r.GetToken()] == "" {
		return nil, noReset
	}
	return &authinternalpb.CheckPasswordResetResponse{}, nil
}

func (w *world) ConfirmPasswordReset(_ context.Context, r *authpb.ConfirmPasswordResetRequest) (*authpb.ConfirmPasswordResetResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	email := w.resets[r.GetToken()]
	if email == "" {
		return nil, noReset
	}
	err := w.setPassword(email, r.GetNewPassword())
	if err != nil {
		return nil, err
	}
	delete(w.resets, r.GetToken())
	return &authpb.ConfirmPasswordResetResponse{}, nil
}

func (w *world) ExchangeSession(_ context.Context, r *authinternalpb.ExchangeSessionRequest) (*authinternalpb.ExchangeSessionResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	email, ok := w.sessions[r.GetSessionToken()]
	if !ok {
		return nil, fault.New(fault.Unauthenticated, "SESSION_ENDED", "Sign in again.")
	}
	response := &authinternalpb.ExchangeSessionResponse{AccountId: email, SessionId: "session", Email: email}
	for _, audience := range r.GetAudiences() {
		response.AccessTokens = append(response.AccessTokens, &authinternalpb.AccessToken{
			Audience: audience, Token: audience + " " + email + " " + r.GetSessionToken(), ExpireTime: timestamppb.New(testNow.Add(time.Hour)),
		})
	}
	return response, nil
}

func caller(ctx context.Context) string {
	principal, _ := identity.PrincipalFrom(ctx)
	return principal.PersonID
}

// own finds what a person has, with the world locked.
func own[T interface{ GetName() string }](ctx context.Context, w *world, list []T) []T {
	var found []T
	for _, item := range list {
		if w.owners[item.GetName()] == caller(ctx) {
			found = append(found, item)
		}
	}
	return found
}

func (w *world) findNote(ctx context.Context, name string) *notespb.Note {
	for _, note := range own(ctx, w, w.notes) {
		if note.GetName() == name && note.GetDeleteTime() == nil {
			return note
		}
	}
	return nil
}

func (w *world) GetNotesPage(ctx context.Context, r *notesinternalpb.GetNotesPageRequest) (*notesinternalpb.GetNotesPageResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pads := own(ctx, w, w.pads)
	if r.GetPad() != "" && padIn(pads, r.GetPad()) == nil {
		return nil, noPad
	}
	response := &notesinternalpb.GetNotesPageResponse{Pads: pads, OrderBy: r.GetOrderBy()}
	for _, note := range own(ctx, w, w.notes) {
		if note.GetDeleteTime() == nil && (r.GetPad() == "" || r.GetPad() == note.GetPad()) {
			response.Notes = append(response.Notes, note)
		}
	}
	response.TotalCount = int32(len(response.GetNotes()))
	if r.GetPageToken() == "second" {
		response.PreviousPageToken = "first"
	} else if len(response.GetNotes()) > notesPerPage {
		response.Notes, response.NextPageToken = response.GetNotes()[:notesPerPage], "second"
	}
	return response, nil
}

func (w *world) GetNotePage(ctx context.Context, r *notesinternalpb.GetNotePageRequest) (*notesinternalpb.GetNotePageResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	response := &notesinternalpb.GetNotePageResponse{Pads: own(ctx, w, w.pads)}
	if r.GetName() != "" {
		response.Note = w.findNote(ctx, r.GetName())
		if response.GetNote() == nil {
			return nil, noNote
		}
	}
	return response, nil
}

// invalidNote checks what the pages' tests need.
func (w *world) invalidNote(ctx context.Context, note *notespb.Note) error {
	var fields []fault.Field
	if strings.TrimSpace(note.GetTitle()) == "" {
		fields = append(fields, fault.Field{Name: "note.title", Sentence: "This field is required."})
	}
	if strings.TrimSpace(note.GetText()) == "" {
		fields = append(fields, fault.Field{Name: "note.text", Sentence: "This field is required."})
	}
	if note.GetPad() != "" && padIn(own(ctx, w, w.pads), note.GetPad()) == nil {
		fields = append(fields, fault.Field{Name: "note.pad", Sentence: "Choose one of your pads."})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields...)
	}
	return nil
}

func (w *world) CreateNote(ctx context.Context, r *notespb.CreateNoteRequest) (*notespb.Note, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.invalidNote(ctx, r.GetNote())
	if err != nil {
		return nil, err
	}
	note := proto.CloneOf(r.GetNote())
	note.Name, note.Etag, note.UpdateTime = "notes/"+uuid.NewString(), "etag-1", timestamppb.New(testNow)
	w.notes = append(w.notes, note)
	w.owners[note.GetName()] = caller(ctx)
	return note, nil
}

func (w *world) UpdateNote(ctx context.Context, r *notespb.UpdateNoteRequest) (*notespb.Note, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.invalidNote(ctx, r.GetNote())
	if err != nil {
		return nil, err
	}
	note := w.findNote(ctx, r.GetNote().GetName())
	if note == nil {
		return nil, noNote
	}
	if r.GetNote().GetEtag() != "" && r.GetNote().GetEtag() != note.GetEtag() {
		return nil, fault.New(fault.Aborted, fault.ReasonEtagMismatch, "This note was changed since you read it.")
	}
	note.Title, note.Text, note.Pad = r.GetNote().GetTitle(), r.GetNote().GetText(), r.GetNote().GetPad()
	note.Etag += "+"
	return note, nil
}

func (w *world) GetNote(ctx context.Context, r *notespb.GetNoteRequest) (*notespb.Note, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	note := w.findNote(ctx, r.GetName())
	if note == nil {
		return nil, noNote
	}
	return note, nil
}

func (w *world) ListNotes(ctx context.Context, _ *notespb.ListNotesRequest) (*notespb.ListNotesResponse, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &notespb.ListNotesResponse{Notes: own(ctx, w, w.notes)}, nil
}

func (w *world) DeleteNote(ctx context.Context, r *notespb.DeleteNoteRequest) (*notespb.Note, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	note := w.findNote(ctx, r.GetName())
	if note == nil {
		return nil, noNote
	}
	note.DeleteTime = timestamppb.New(testNow)
	return note, nil
}

func (w *world) CreatePad(ctx context.Context, r *notespb.CreatePadRequest) (*notespb.Pad, error) {
	if r.GetPad().GetTitle() == "" {
		return nil, fault.InvalidFields(fault.Field{Name: "pad.title", Sentence: "This field is required."})
	}
	id := w.addPad(caller(ctx), r.GetPad().GetTitle())
	return &notespb.Pad{Name: "pads/" + id, Title: r.GetPad().GetTitle()}, nil
}

func (w *world) UpdatePad(ctx context.Context, r *notespb.UpdatePadRequest) (*notespb.Pad, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pad := padIn(own(ctx, w, w.pads), r.GetPad().GetName())
	switch {
	case r.GetPad().GetTitle() == "":
		return nil, fault.InvalidFields(fault.Field{Name: "pad.title", Sentence: "This field is required."})
	case pad == nil:
		return nil, noPad
	case r.GetPad().GetEtag() != "" && r.GetPad().GetEtag() != pad.GetEtag():
		return nil, fault.New(fault.Aborted, fault.ReasonEtagMismatch, "This pad was changed since you read it.")
	}
	pad.Title = r.GetPad().GetTitle()
	pad.Etag += "+"
	return pad, nil
}

func (w *world) DeletePad(ctx context.Context, r *notespb.DeletePadRequest) (*notespb.Pad, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, pad := range w.pads {
		if pad.GetName() == r.GetName() && w.owners[pad.GetName()] == caller(ctx) {
			w.pads = append(w.pads[:i:i], w.pads[i+1:]...)
			return pad, nil
		}
	}
	return nil, noPad
}
