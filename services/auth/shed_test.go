package auth

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
)

// The credentials have no store and no limits: whoever asked them would panic.
func TestWhoFindsNoPlaceForAPasswordHasCostNothing(t *testing.T) {
	hasher := newHasher(cheap, 1, 0, time.Millisecond, prometheus.NewRegistry())
	enter(t, hasher)
	c := Credentials{Hasher: hasher}
	for name, try := range map[string]func() error{
		"signing in": func() error {
			_, _, err := c.SignIn(t.Context(), SignIn{Email: "ann@example.com", Password: goodPassword, RequestID: uuid.NewString()})
			return err
		},
		"signing up": func() error {
			_, err := c.SignUp(t.Context(), idempotency.Key{}, "ann@example.com", goodPassword, origin{})
			return err
		},
		"changing the password": func() error {
			return c.ChangePassword(t.Context(), idempotency.Key{}, Caller{}, goodPassword, goodPassword)
		},
	} {
		err := try()
		if !fault.Is(err, ReasonPasswordQueueFull) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
