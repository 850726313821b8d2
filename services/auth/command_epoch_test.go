package auth

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

// bump runs the command with the database's settings only.
func (s *system) bump(t *testing.T, args ...string) servicetest.Result {
	t.Helper()
	settings := map[string]string{}
	for name, value := range s.settings {
		if strings.HasPrefix(name, "AUTH_MYSQL_") {
			settings[name] = value
		}
	}
	return servicetest.Run(t, Program(), settings, append([]string{"epoch", "bump"}, args...)...)
}

func TestABumpOfTheEpochEndsAllThatWasGivenOutAndTellsEverybody(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()
	other := p.again()
	token := p.newToken("notes:read")
	reset := s.mailedToken(p)
	s.exec(`INSERT INTO mails (id, kind, account_id, visible_at, created_at) VALUES (?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE, UTC_TIMESTAMP(6))`,
		uuid.NewString(), mailPasswordReset, p.accountID)
	s.newEvents()
	keys := s.count(`SELECT COUNT(*) FROM signing_keys`)

	result := s.bump(t)
	if result.Code != 0 || keys != 1 {
		t.Fatalf("%d signing keys before, %+v", keys, result)
	}
	servicetest.WantSample(t, "../../docs/runbook.md", "auth epoch bump", result.Stdout)

	p.wantLive(false)
	other.wantLive(false)
	p.wantWorks(token, false)
	wantFault(t, s.check(reset), fault.NotFound, ReasonResetTokenNotFound)
	wantFault(t, s.confirm(reset, otherPassword, ""), fault.NotFound, ReasonResetTokenNotFound)
	told := map[string]int{}
	for _, e := range s.newEvents() {
		told[e.Type]++
		if (e.Type == eventSessionEnded || e.Type == eventTokenDeleted) && (e.Actor != p.accountID || e.Data["reason"] != endedByEpoch) {
			t.Errorf("the trail says %+v", e)
		}
	}
	for kind, want := range map[string]int{eventEpochBumped: 1, eventSessionEnded: 2, eventTokenDeleted: 1, eventKeyDeleted: 1} {
		if told[kind] != want {
			t.Errorf("%d events %s, want %d: %v", told[kind], kind, want, told)
		}
	}
	for _, table := range []string{"sessions", "tokens", "signing_keys", "mails WHERE status = 0"} {
		left := s.count("SELECT COUNT(*) FROM " + table)
		if left != 0 {
			t.Errorf("%d rows are left of %s", left, table)
		}
	}
	err := s.signIn(p.email, p.password)
	if err != nil {
		t.Errorf("signing in afterwards: %v", err)
	}
}

func TestABumpIsDoneInBatchesAndMayBeRepeated(t *testing.T) {
	s := startSystem(t, nil)
	const people = 33 * 33 // more than a batch; a server counts to a thousand only
	s.exec(`
INSERT INTO accounts (id, email, email_key, password_hash, epoch, created_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 33)
SELECT UUID(), CONCAT(a.i, '-', b.i, '@example.test'), CONCAT(a.i, '-', b.i, '@example.test'), 'none', 1, UTC_TIMESTAMP(6) FROM n a CROSS JOIN n b`)
	s.exec(`
INSERT INTO sessions (id, account_id, secret_hash, epoch, request_id, created_at, last_used_at, expires_at)
SELECT UUID(), id, UNHEX(SHA2(id, 256)), 1, UUID(), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 HOUR FROM accounts LIMIT 250`)
	for _, want := range []string{`"sessions": 250`, `"sessions": 0`} {
		result := s.bump(t, "--json")
		if result.Code != 0 || !strings.Contains(result.Stdout, want) || !strings.Contains(result.Stdout, `"accounts": 1089`) {
			t.Errorf("want %s: %+v", want, result)
		}
	}
	if n := s.count(`SELECT COUNT(*) FROM accounts WHERE epoch = 3`); n != people {
		t.Errorf("%d accounts are in the third epoch, want %d", n, people)
	}
	_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: "new@example.test", Password: "a long enough password"})
	if err != nil {
		t.Error(err)
	}
}
