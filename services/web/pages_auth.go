package web

// Sign up, sign in, sign out.

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// What these forms say themselves, as product.md words it; the rest comes from auth.
const (
	sayRequired    = "This field is required."
	sayTaken       = "This address is already signed up."
	sayMismatch    = "Your passwords do not match."
	sayWrongSignIn = "Wrong email or password"
)

// hintPassword stands below a field for a new password.
const hintPassword = "Make it long: a few words in a row work well."

// Reasons of auth that these pages know.
const (
	reasonTaken fault.Reason = "EMAIL_TAKEN"
	reasonWrong fault.Reason = "CREDENTIALS_WRONG"
)

var signUpPage = accountPage{
	heading: "Sign up", here: "signup", action: "/signup/", submit: "Sign up", pending: "Signing up…",
	asides: []Aside{{Text: "Have an account?", Link: "Sign in", Path: "/signin/"}},
}

func signUpFields(email string) []Field {
	return []Field{
		{Name: "email", Label: "Email", Type: "email", Value: email, Autocomplete: "username"},
		{Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Hint: hintPassword},
		{Name: "confirm_password", Label: "Confirm password", Type: "password", Autocomplete: "new-password"},
	}
}

func (s *site) signUpForm(v *visit) error {
	return v.showAccountForm(signUpPage, signUpFields(""), setback{})
}

func (s *site) signUp(v *visit) error {
	fields := signUpFields(v.field("email"))
	v.require(fields)
	v.confirm(fields)
	if hasErrors(fields) {
		return v.showAccountForm(signUpPage, fields, setback{})
	}
	err := v.passForm("")
	if err == nil {
		_, err = s.auth.SignUp(v.clientCtx(""), &authpb.SignUpRequest{
			Email:     v.field("email"),
			Password:  v.secretField("password"),
			RequestId: v.requestID(),
		})
	}
	if err == nil {
		return v.done(flashSignedUp, "/signin/")
	}
	if fault.Is(err, reasonTaken) {
		fields[0].Error = sayTaken
		return v.showAccountForm(signUpPage, fields, setback{})
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("sign up: %w", err)
	}
	return v.showAccountForm(signUpPage, fields, back)
}

// signInPage keeps the page that was first asked for in the form's address.
func signInPage(next string) accountPage {
	p := accountPage{
		heading: "Sign in", here: "signin", action: "/signin/", submit: "Sign in", pending: "Signing in…",
		asides: []Aside{{Link: "Forgot password?", Path: "/forgot-password/"}, {Text: "New here?", Link: "Sign up", Path: "/signup/"}},
	}
	if next != "/" {
		p.action += "?next=" + url.QueryEscape(next)
	}
	return p
}

func signInFields(email string) []Field {
	return []Field{
		{Name: "email", Label: "Email", Type: "email", Value: email, Autocomplete: "username"},
		{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password"},
	}
}

func (s *site) signInForm(v *visit) error {
	return v.showAccountForm(signInPage(localPath(v.query("next"))), signInFields(""), setback{})
}

func (s *site) signIn(v *visit) error {
	next := localPath(v.query("next"))
	fields := signInFields(v.field("email"))
	v.require(fields)
	if hasErrors(fields) {
		return v.showAccountForm(signInPage(next), fields, setback{})
	}
	email := v.field("email")
	device := s.devices.known(s.cookies.value(v.r, deviceCookie), email)
	var response *authpb.SignInResponse
	err := v.passForm(device)
	if err == nil {
		response, err = s.auth.SignIn(v.clientCtx(device), &authpb.SignInRequest{
			Email:     email,
			Password:  v.secretField("password"),
			RequestId: uuid.NewString(), // each try is one of its own
			Client:    s.clients.of(v.r),
		})
	}
	if err == nil {
		s.cookies.set(v.w, sessionCookie, response.GetSessionToken(), sessionLife)
		s.remember(v.w, device, email)
		v.redirect(next)
		return nil
	}
	// An address or a password that cannot exist is as wrong as any other, and is told in the same words.
	if fault.Is(err, reasonWrong) || fault.KindOf(err) == fault.Invalid {
		factsOf(v.r.Context()).cause = err
		return v.showAccountForm(signInPage(next), fields, setback{status: http.StatusUnprocessableEntity, notice: sayWrongSignIn})
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("sign in: %w", err)
	}
	return v.showAccountForm(signInPage(next), fields, back)
}

var signOutPage = accountPage{
	heading: "Sign out", here: "signout", action: "/signout/", submit: "Sign out", pending: "Signing out…",
	asides: []Aside{{Text: "Not yet?", Link: "Go back to your notes", Path: "/"}},
}

func (s *site) signOutForm(v *visit) error {
	return v.showAccountForm(signOutPage, nil, setback{})
}

// signOut ends the session in auth, then here. Without a session there is nothing to end, and the answer is the same.
func (s *site) signOut(v *visit) error {
	err := s.endSession(v)
	if err != nil {
		back, ok := v.setback(err)
		if !ok {
			return err
		}
		back.notice = "Notejam is not available right now, and you are still signed in. Try again."
		return v.showAccountForm(signOutPage, nil, back)
	}
	s.cookies.end(v.w, sessionCookie)
	v.w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return v.done(flashSignedOut, "/signin/")
}

func (s *site) endSession(v *visit) error {
	secret := s.cookies.session(v.r)
	caller, err := s.sessions.signedIn(v.r.Context(), secret, forAuth)
	if errors.Is(err, errNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	factsOf(v.r.Context()).person = caller.ID
	_, err = s.auth.SignOut(rpc.WithToken(v.r.Context(), caller.Token), &authpb.SignOutRequest{RequestId: uuid.NewString()})
	if err != nil && fault.KindOf(err) != fault.Unauthenticated {
		return fmt.Errorf("sign out: %w", err)
	}
	s.sessions.drop(secret)
	return nil
}
