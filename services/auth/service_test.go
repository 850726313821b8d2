package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/authpb"
)

func TestAFloodOfSignInsIsShedAndSessionsAreExchangedMeanwhile(t *testing.T) {
	s := startSystem(t, map[string]string{"AUTH_HASH_MEMORY_KIB": "4096", "AUTH_HASH_PASSES": "4"})
	p := s.signUp()
	shed := make(chan struct{})
	firstShed := sync.OnceFunc(func() { close(shed) })
	var flood sync.WaitGroup
	for range maxHashSlots + hashQueue + 10 {
		flood.Go(func() {
			for !isClosed(shed) {
				_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: p.email, Password: "not the right one"})
				if fault.Is(err, ReasonCredentialsWrong) {
					continue
				}
				if !fault.Is(err, ReasonPasswordQueueFull) {
					t.Errorf("a sign-in of the flood: %v", err)
				}
				firstShed()
			}
		})
	}
	<-shed // now all places are taken
	for range 20 {
		_, err := s.exchange(p.token, "notes")
		if err != nil {
			t.Errorf("while passwords wait: %v", err)
		}
	}
	flood.Wait()
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestAnExchangeSucceedsAlthoughTheUseOfTheSessionCannotBeWritten(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	s.exec(`UPDATE sessions SET last_used_at = last_used_at - INTERVAL 1 HOUR`)
	tx, err := s.admin.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), `UPDATE sessions SET expires_at = expires_at + INTERVAL 1 SECOND`) // holds the rows
	if err != nil {
		t.Fatal(err)
	}
	budget, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond) // the lock is waited for longer, 1 to 2 s
	defer cancel()
	_, err = s.identity.ExchangeSession(budget, &authinternalpb.ExchangeSessionRequest{SessionToken: p.token, Audiences: []string{"notes"}})
	if err != nil {
		t.Error(err)
	}
}

func TestTheServiceIsReadyOnceItsSchemaIsThere(t *testing.T) {
	db := mysqltest.New(t, nil)
	s := newSystem(t, db, nil)
	r := s.start(t.Output())
	resp, err := http.Get("http://" + s.debug + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %s before there are tables", resp.Status)
	}
	migrator := map[string]string{
		"AUTH_MYSQL_ADDR": db.Admin.Addr, "AUTH_MYSQL_USER": db.Admin.User,
		"AUTH_MYSQL_PASSWORD": db.Admin.Password.Reveal(), "AUTH_MYSQL_DB": db.Admin.Database,
	}
	for range 2 { // the second time there is nothing to do
		err = service.RunCommand(t.Context(), Program(), "migrate", nil, env.Map(migrator), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
	}
	if !r.isReady() {
		t.Fatal(r.err)
	}
	s.connect()
	s.signUp().wantLive(true)
}

func TestWrongSettingsAreToldAllAtOnce(t *testing.T) {
	err := service.Run(t.Context(), Program(), env.Map(map[string]string{"AUTH_PASSWORD_MIN_LENGTH": "4"}), service.Options{})
	var mistakes env.Mistakes
	if !errors.As(err, &mistakes) {
		t.Fatalf("got %v", err)
	}
	for _, name := range []string{"AUTH_TLS_CA", "AUTH_MYSQL_PASSWORD", "AUTH_QUEUE_URL", "AUTH_SEALING_KEY", "AUTH_PUBLIC_URL", "AUTH_MAIL_FROM", "AUTH_PASSWORD_MIN_LENGTH"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestASealingKeyThatIsNoneEndsTheStartWithASentence(t *testing.T) {
	s := newSystem(t, mysqltest.New(t, nil), map[string]string{"AUTH_SEALING_KEY": "hunter2"})
	err := service.Run(t.Context(), Program(), env.Map(s.settings), service.Options{LogOutput: t.Output()})
	if err == nil || err.Error() != "AUTH_SEALING_KEY must be 32 bytes in base64" {
		t.Errorf("got %v", err)
	}
}

func TestEachServiceMayCallWhatItsContractSays(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	token := p.resetToken()
	for _, caller := range []string{"web", "notes", "audit", "auth", "stranger"} {
		conn := s.dial(caller)
		identityOf := authinternalpb.NewIdentityServiceClient(conn)
		_, signIn := authpb.NewAuthServiceClient(conn).SignIn(t.Context(), &authpb.SignInRequest{Email: p.email, Password: p.password})
		_, exchange := identityOf.ExchangeSession(t.Context(), &authinternalpb.ExchangeSessionRequest{SessionToken: p.token, Audiences: []string{"notes"}})
		_, check := identityOf.CheckPasswordReset(t.Context(), &authinternalpb.CheckPasswordResetRequest{Token: token})
		_, keys := identityOf.GetKeySet(t.Context(), &authinternalpb.GetKeySetRequest{})
		for _, call := range []struct {
			name    string
			allowed bool
			err     error
		}{
			{"SignIn", caller == "web", signIn},
			{"ExchangeSession", caller == "web", exchange},
			{"CheckPasswordReset", caller == "web", check},
			{"GetKeySet", caller == "notes" || caller == "audit", keys},
		} {
			if call.allowed && call.err != nil || !call.allowed && !fault.Is(call.err, fault.ReasonCallerDenied) {
				t.Errorf("%s calls %s: got %v, allowed is %v", caller, call.name, call.err, call.allowed)
			}
		}
	}
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestNoSecretAndNoAddressReachesTheLog(t *testing.T) {
	s := startSystem(t, nil)
	log := &safeBuffer{}
	second := newSystem(t, s.db, map[string]string{"AUTH_SEALING_KEY": s.settings["AUTH_SEALING_KEY"]})
	r := second.start(log)
	if !r.isReady() {
		t.Fatal(r.err)
	}
	second.connect()
	p := second.signUp()
	access, err := second.exchange(p.token, "auth")
	if err != nil {
		t.Fatal(err)
	}
	ctx := rpc.WithToken(t.Context(), access)
	for _, call := range []func() error{
		func() error {
			_, err := second.auth.SignUp(ctx, &authpb.SignUpRequest{Email: p.email, Password: p.password})
			return err
		},
		func() error {
			_, err := second.auth.SignIn(ctx, &authpb.SignInRequest{Email: p.email, Password: "wrong-secret"})
			return err
		},
		func() error {
			_, err := second.auth.ChangePassword(ctx, &authpb.ChangePasswordRequest{CurrentPassword: "wrong-secret", NewPassword: otherPassword})
			return err
		},
		func() error {
			second.exec(`UPDATE accounts SET password_hash = 'broken-secret'`)
			_, err := second.auth.SignIn(ctx, &authpb.SignInRequest{Email: p.email, Password: p.password})
			return err
		},
	} {
		err := call()
		if err == nil {
			t.Error("the call succeeded")
		}
	}
	text := log.String()
	if !strings.Contains(text, string(ReasonEmailTaken)) || !strings.Contains(text, "stored password hash has not six parts") {
		t.Fatalf("this is not the log:\n%s", text)
	}
	for _, secret := range []string{p.email, p.password, p.token, access, otherPassword, "wrong-secret", "broken-secret", s.settings["AUTH_SEALING_KEY"], s.settings["AUTH_MYSQL_PASSWORD"]} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}
