package web

// A forgotten password: ask for a mail with a link; the link's page sets a new one. The link's token is in the path, so
// nothing here may log the path or send it anywhere as a referrer (headers.go). Opening the link uses nothing up: only the form does.

import (
	"fmt"
	"regexp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// resetPath is where the links of reset mails lead, before their token.
const resetPath = "/reset-password/"

// resetShape is what a token may look like; anything else is not sent to auth.
var resetShape = regexp.MustCompile(`^[A-Za-z0-9_-]{20,200}$`)

var forgotPage = accountPage{
	heading: "Forgot password?", here: "forgot", action: "/forgot-password/", submit: "Send the link", pending: "Sending…",
	lead:   "Enter the address you signed up with, and we mail you a link to choose a new password. It works once, for one hour.",
	asides: []Aside{{Text: "Remembered it?", Link: "Sign in", Path: "/signin/"}},
}

func forgotFields(email string) []Field {
	return []Field{{Name: "email", Label: "Email", Type: "email", Value: email, Autocomplete: "username"}}
}

func (s *site) forgotForm(v *visit) error {
	return v.showAccountForm(forgotPage, forgotFields(""), setback{})
}

// forgot answers the same whether the address is known or not.
func (s *site) forgot(v *visit) error {
	fields := forgotFields(v.field("email"))
	v.require(fields)
	if hasErrors(fields) {
		return v.showAccountForm(forgotPage, fields, setback{})
	}
	err := v.passForm("")
	if err == nil {
		_, err = s.auth.RequestPasswordReset(v.clientCtx(""), &authpb.RequestPasswordResetRequest{Email: v.field("email"), RequestId: v.requestID()})
	}
	if err == nil {
		return v.done(flashResetAsked, "/signin/")
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("request password reset: %w", err)
	}
	return v.showAccountForm(forgotPage, fields, back)
}

func resetPage(token string) accountPage {
	return accountPage{
		heading: "Choose a new password", here: "reset", action: resetPath + token + "/", submit: "Set password", pending: "Setting…",
		lead: "Setting it signs you out everywhere; then sign in with the new one.",
	}
}

func resetFields() []Field {
	return []Field{
		{Name: "new_password", Label: "New password", Type: "password", Autocomplete: "new-password", Hint: hintPassword},
		{Name: "confirm_password", Label: "Confirm new password", Type: "password", Autocomplete: "new-password"},
	}
}

func (s *site) resetForm(v *visit) error {
	token, err := v.resetToken()
	if err != nil {
		return err
	}
	err = v.checkReset(token)
	if err != nil {
		return err
	}
	return v.showAccountForm(resetPage(token), resetFields(), setback{})
}

func (s *site) reset(v *visit) error {
	token, err := v.resetToken()
	if err != nil {
		return err
	}
	fields := resetFields()
	v.require(fields)
	v.confirm(fields)
	if hasErrors(fields) {
		return v.resetFormAgain(token, fields, setback{})
	}
	err = v.passForm("")
	if err == nil {
		_, err = s.auth.ConfirmPasswordReset(v.ctx(), &authpb.ConfirmPasswordResetRequest{
			Token:       token,
			NewPassword: v.secretField("new_password"),
			RequestId:   v.requestID(),
		})
	}
	if perhapsDone(err) {
		s.sessions.forgetEverybody() // whose password it was is not told
	}
	if err == nil {
		return v.done(flashResetDone, "/signin/")
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("confirm password reset: %w", err)
	}
	return v.resetFormAgain(token, fields, back)
}

// resetFormAgain shows a form that failed, if its link still works: a link that does not is 404, whatever the fields hold.
func (v *visit) resetFormAgain(token string, fields []Field, back setback) error {
	err := v.checkReset(token)
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	return v.showAccountForm(resetPage(token), fields, back)
}

// resetToken gives the token in the path.
func (v *visit) resetToken() (string, error) {
	token := v.r.PathValue("token")
	if !resetShape.MatchString(token) {
		return "", errNothingHere
	}
	return token, nil
}

// checkReset fails if the link does not work any more, or never did.
func (v *visit) checkReset(token string) error {
	_, err := v.site.identity.CheckPasswordReset(v.ctx(), &authinternalpb.CheckPasswordResetRequest{Token: token})
	if err != nil {
		return fmt.Errorf("check password reset: %w", err)
	}
	return nil
}

// perhapsDone says that a write with this outcome happened, or may have.
func perhapsDone(err error) bool {
	if err == nil {
		return true
	}
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Timeout, fault.Canceled, fault.Internal:
		return true
	default:
		return false
	}
}
