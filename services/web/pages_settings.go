package web

// Account settings: links to the pages about the account, and the form that changes its password.

import (
	"fmt"
	"net/http"

	"gitlab.com/notejam/notejam/proto/authpb"
)

var settingsPage = accountPage{
	heading: "Account settings", here: "settings", action: "/settings/", submit: "Change password", pending: "Changing…",
	lead: "Changing it signs you out everywhere but here.",
}

// hereAccount is the place in the account navigation of the pages below the settings.
const hereAccount = "account"

var settingsLinks = []SettingsLink{
	{Path: sessionsPath, Name: "Sessions", About: "Where you are signed in."},
	{Path: tokensPath, Name: "Access tokens", About: "What programs sign in with."},
	{Path: "/settings/activity/", Name: "Activity", About: "What happened to your account and your notes."},
	{Path: "/docs/", Name: "The API", About: "What programs can do here, call by call, and a form to try it."},
}

func settingsFields() []Field {
	return []Field{
		{Name: "current_password", Label: "Current password", Type: "password", Autocomplete: "current-password"},
		{Name: "new_password", Label: "New password", Type: "password", Autocomplete: "new-password", Hint: hintPassword},
		{Name: "confirm_password", Label: "Confirm new password", Type: "password", Autocomplete: "new-password"},
	}
}

func (s *site) settings(v *visit) error {
	return v.showSettings(settingsFields(), setback{})
}

// account is where the settings were in the classic editions.
func (s *site) account(v *visit) error {
	v.redirect("/settings/")
	return nil
}

func (s *site) changePassword(v *visit) error {
	fields := settingsFields()
	v.require(fields)
	v.confirm(fields)
	if hasErrors(fields) {
		return v.showSettings(fields, setback{})
	}
	_, err := s.auth.ChangePassword(v.ctx(), &authpb.ChangePasswordRequest{
		CurrentPassword: v.secretField("current_password"),
		NewPassword:     v.secretField("new_password"),
		RequestId:       v.requestID(),
	})
	if perhapsDone(err) {
		s.sessions.forgetPerson(v.person.ID) // the others were ended; this one is asked for again
	}
	if err == nil {
		return v.done(flashPasswordChanged, "/settings/")
	}
	back, ok := v.setback(err)
	if !ok {
		return fmt.Errorf("change password: %w", err)
	}
	return v.showSettings(fields, back)
}

func (v *visit) showSettings(fields []Field, back setback) error {
	status, form := v.accountForm(settingsPage, fields, back)
	form.Account = v.person.Email
	if status != http.StatusOK {
		focusFirst(form.Fields)
	}
	return v.show(status, pageSettings, SettingsView{AccountForm: form, Links: settingsLinks})
}
