package web

import (
	"fmt"
	"net/http"
	"testing"

	"gitlab.com/notejam/notejam/platform/fault"
)

func TestREST_SessionsThatACallEndsAreDeadHereAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		call func(d *testDoor, caller *browser) answered
		want int
	}{
		"by a changed password": {func(_ *testDoor, caller *browser) answered {
			body := fmt.Sprintf(`{"current_password": %q, "new_password": %q}`, goodPassword, newPassword)
			return caller.do(http.MethodPost, "/v1/auth:changePassword", "application/json", body)
		}, http.StatusOK},
		"by a reset password": {func(d *testDoor, caller *browser) answered {
			d.addReset()
			body := fmt.Sprintf(`{"token": %q, "new_password": %q}`, someReset, newPassword)
			return caller.do(http.MethodPost, "/v1/auth:confirmPasswordReset", "application/json", body)
		}, http.StatusOK},
		"by a change whose fate is not known": {func(d *testDoor, caller *browser) answered {
			d.mu.Lock()
			for secret := range d.sessions {
				if "Bearer "+secret != caller.header.Get("Authorization") {
					delete(d.sessions, secret)
				}
			}
			d.mu.Unlock()
			d.fail("EndOtherSessions", fault.New(fault.Unavailable, fault.ReasonOutcomeUnknown, "Perhaps."))
			return caller.do(http.MethodPost, "/v1/sessions:endOthers", "application/json", `{}`)
		}, http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDoor(t)
			other, caller := d.program(t), d.program(t)
			wantStatus(t, other.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
			wantStatus(t, c.call(d, caller), c.want)
			wantStatus(t, other.do(http.MethodGet, "/v1/notes", "", ""), http.StatusUnauthorized)
		})
	}
}
