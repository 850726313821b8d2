package auth

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/identity"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
	"gitlab.com/notejam/notejam/platform/outbox"
	"gitlab.com/notejam/notejam/platform/outbox/outboxtest"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
	"gitlab.com/notejam/notejam/services/auth/migrations"
)

// store is one beside the service's, on its database.
func (s *system) store() *Store { return NewStore(s.db.Open(s.t), time.Now, outbox.Append) }

// with is a context that calls auth for the person with these scopes only.
func (p *person) with(scopes ...string) context.Context {
	p.t.Helper()
	sealer, err := newSealer(env.NewSecret(p.settings["AUTH_SEALING_KEY"]))
	if err != nil {
		p.t.Fatal(err)
	}
	keys := NewKeyring(p.store(), sealer, time.Now)
	refresh(p.t, keys)
	session, _ := parseName(sessionCollection, p.session)
	token, _, err := keys.Sign(identity.Principal{PersonID: p.accountID, SessionID: session, Scopes: scopes}, serviceName)
	if err != nil {
		p.t.Fatal(err)
	}
	return rpc.WithToken(p.t.Context(), token)
}

// expire ends the session by time.
func (p *person) expire() {
	p.exec(`UPDATE sessions SET expires_at = '2026-03-04 05:06:07.123456' WHERE id = ?`, strings.TrimPrefix(p.session, sessionCollection))
}

// lastUsedYesterday makes the next use of the session the first of a day.
func (p *person) lastUsedYesterday() {
	p.exec(`UPDATE sessions SET last_used_at = UTC_DATE() - INTERVAL 1 SECOND WHERE id = ?`, strings.TrimPrefix(p.session, sessionCollection))
}

func (s *system) sweep() {
	s.t.Helper()
	err := s.store().sweep(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestASessionThatExpiredHasItsEndInTheTrail(t *testing.T) {
	s := startSystem(t, nil)
	for name, notice := range map[string]func(p *person){
		"by the sweep":        func(p *person) { p.sweep() },
		"by the next sign-in": func(p *person) { p.again() },
	} {
		t.Run(name, func(t *testing.T) {
			p := s.in(t).signUp()
			p.expire()
			s.newEvents()
			notice(p)
			p.sweep() // which finds no more
			got := slices.DeleteFunc(withoutRequestID(s.newEvents()), func(e event) bool { return e.Type == eventSessionCreated })
			want := []event{{Type: eventSessionEnded, Source: "auth", Subject: p.session, Actor: p.accountID, Data: because(endedByTime)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnExpiredSessionEndedWhenItExpired(t *testing.T) {
	p := startSystem(t, nil).signUp()
	p.expire()
	p.sweep()
	if p.count(`SELECT COUNT(*) FROM outbox WHERE payload LIKE '%"time":"2026-03-04T05:06:07.123456Z"%'`) != 1 {
		t.Error("the event has another time")
	}
}

func TestManyExpiredSessionsEndBatchAfterBatch(t *testing.T) {
	p := startSystem(t, nil).signUp()
	const more = 2*expiredBatch + 1
	for range more {
		p.exec(`
INSERT INTO sessions SELECT
	UUID(),
	account_id,
	RANDOM_BYTES(32),
	epoch,
	request_id,
	created_at,
	last_used_at,
	UTC_TIMESTAMP(6) - INTERVAL 1 HOUR,
	device,
	network
FROM sessions WHERE id = ?`, strings.TrimPrefix(p.session, sessionCollection))
	}
	p.newEvents()
	p.sweep()
	if n := len(p.newEvents()); n != more {
		t.Errorf("%d events, want %d", n, more)
	}
	p.wantLive(true)
}

func TestTheFirstUseOfASessionOnADayIsInTheTrail(t *testing.T) {
	p := startSystem(t, nil).signUp()
	p.newEvents()
	p.exec(`UPDATE sessions SET last_used_at = GREATEST(UTC_DATE(), UTC_TIMESTAMP(6) - INTERVAL 1 HOUR)`)
	p.wantLive(true)
	if events := p.newEvents(); len(events) != 0 {
		t.Errorf("another use on the same day left %v", events)
	}
	p.lastUsedYesterday()
	for range 2 {
		p.wantLive(true)
	}
	want := []event{{Type: eventSessionUsed, Source: "auth", Subject: p.session, Actor: p.accountID}}
	if diff := cmp.Diff(want, withoutRequestID(p.newEvents())); diff != "" {
		t.Error(diff)
	}
}

func TestTheKeysOfAccessTokensAreInNobodysTrail(t *testing.T) {
	s := newSystem(t, mysqltest.New(t, migrations.Files), nil)
	all, c := rings(t, s.db, 2)
	for range 2 {
		for _, ring := range all {
			refresh(t, ring)
		}
		c.advance(keyPeriod + keyKept)
	}
	var got []string
	for _, e := range s.newEvents() {
		got = append(got, e.Type+" "+e.Actor)
	}
	want := []string{eventKeyCreated + " ", eventKeyCreated + " "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, ring := range all {
		refresh(t, ring)
	}
	got = nil
	for _, e := range s.newEvents() {
		got = append(got, e.Type)
	}
	want = []string{eventKeyCreated, eventKeyDeleted}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsRefusedIsInTheTrailWithItsNumber(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	s.newEvents()
	wrong := func(email, password, network string) {
		_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{
			Email: email, Password: password, Client: &authpb.Client{Device: "curl", Network: network},
		})
		wantFault(t, err, fault.Unauthenticated, ReasonCredentialsWrong)
	}
	wrong(p.email, "not the right one", "203.0.113.0/24")
	wrong(p.email, "not this one", "203.0.113.0/24")
	wrong(strings.ToUpper(p.email), " ", "2001:db8:7::/48")
	wrong("nobody@example.com", p.password, "203.0.113.0/24")
	reader := p.with("account:read")
	for range 2 {
		_, err := s.auth.SignOut(reader, &authpb.SignOutRequest{})
		wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	}
	_, err := s.auth.EndOtherSessions(reader, &authpb.EndOtherSessionsRequest{})
	wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	_, err = s.auth.DeleteSession(p.ctx(), &authpb.DeleteSessionRequest{Name: sessionName(newID())})
	wantFault(t, err, fault.NotFound, ReasonSessionNotFound)
	_, err = s.auth.SignOut(t.Context(), &authpb.SignOutRequest{})
	wantFault(t, err, fault.Unauthenticated, fault.ReasonTokenInvalid)
	if events := s.newEvents(); len(events) != 0 {
		t.Errorf("before the minute is over there are %v", events)
	}
	s.stop()
	got := withoutRequestID(s.newEvents())
	slices.SortFunc(got, func(a, b event) int { return strings.Compare(a.Type+a.method(), b.Type+b.method()) })
	mine := event{Source: "auth", Subject: accountName(p.accountID), Actor: p.accountID, Type: eventAccessDenied}
	denied, ended, failed := mine, mine, mine
	ended.Data = map[string]any{"count": 1.0, "method": authpb.AuthService_EndOtherSessions_FullMethodName}
	denied.Data = map[string]any{"count": 2.0, "method": authpb.AuthService_SignOut_FullMethodName}
	failed.Type, failed.Data = eventSignInFailed, map[string]any{"count": 3.0, "device": "curl", "network": "2001:db8:7::/48"}
	if diff := cmp.Diff([]event{ended, denied, failed}, got); diff != "" {
		t.Error(diff)
	}
}

func (e event) method() string {
	method, _ := e.Data["method"].(string)
	return method
}

func TestAFailedSignInCostsTheDatabaseTheSameWhetherTheAddressIsSignedUp(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	work := map[string]int{}
	for _, email := range []string{p.email, "nobody@example.com", p.email, "nobody@example.com"} { // the first round prepares statements
		before := s.work()
		err := s.signIn(email, "not the right one")
		wantFault(t, err, fault.Unauthenticated, ReasonCredentialsWrong)
		work[email] = s.work() - before
	}
	if work[p.email] != 1 || work["nobody@example.com"] != 1 {
		t.Errorf("statements %v, want 1 each", work)
	}
}

func TestAClientThatCannotBeOneIsRefused(t *testing.T) {
	p := startSystem(t, nil).signUp()
	_, err := p.auth.SignIn(t.Context(), &authpb.SignInRequest{
		Email: p.email, Password: p.password, Client: &authpb.Client{Device: "Mozilla/5.0 (X11)", Network: "203.0.113.77"},
	})
	wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid,
		"client.device: Use the names of a browser and its system, at most 40 characters.",
		"client.network: Use an IPv4 prefix of 24 bits or an IPv6 prefix of 48.")
}

// A trigger makes the INSERT of the event fail, which is the last one of the transaction.
func TestAChangeWhoseEventCannotBeWrittenDoesNotHappen(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	other, expired, used := p.again(), p.again(), p.again()
	expired.expire()
	used.lastUsedYesterday()
	personal := p.newToken("notes:read")
	token, ctx := p.resetToken(), p.ctx()
	before := s.dump()
	s.exec(`CREATE TRIGGER broken BEFORE INSERT ON outbox FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted'`)
	tried := map[string]error{}
	try := func(method string, call func() error) { tried[method] = call() }
	try(authpb.AuthService_SignUp_FullMethodName, func() error {
		_, err := s.auth.SignUp(ctx, &authpb.SignUpRequest{Email: "new@example.com", Password: goodPassword})
		return err
	})
	try(authpb.AuthService_SignIn_FullMethodName, func() error { return s.signIn(p.email, p.password) })
	try(authpb.AuthService_SignOut_FullMethodName, func() error {
		_, err := s.auth.SignOut(ctx, &authpb.SignOutRequest{})
		return err
	})
	try(authpb.AuthService_ChangePassword_FullMethodName, func() error {
		_, err := s.auth.ChangePassword(ctx, &authpb.ChangePasswordRequest{CurrentPassword: p.password, NewPassword: otherPassword})
		return err
	})
	try(authpb.AuthService_RequestPasswordReset_FullMethodName, func() error { return s.ask(p.email) })
	try(authpb.AuthService_ConfirmPasswordReset_FullMethodName, func() error { return s.confirm(token, otherPassword, "") })
	try(authpb.AuthService_DeleteSession_FullMethodName, func() error {
		_, err := s.auth.DeleteSession(ctx, &authpb.DeleteSessionRequest{Name: other.session})
		return err
	})
	try(authpb.AuthService_EndOtherSessions_FullMethodName, func() error {
		_, err := s.auth.EndOtherSessions(ctx, &authpb.EndOtherSessionsRequest{})
		return err
	})
	try(authpb.TokensService_CreateToken_FullMethodName, func() error {
		_, err := s.tokens.CreateToken(ctx, newTokenRequest("notes:read"))
		return err
	})
	try(authpb.TokensService_DeleteToken_FullMethodName, func() error {
		_, err := s.tokens.DeleteToken(ctx, &authpb.DeleteTokenRequest{Name: personal.GetName()})
		return err
	})
	for method, policy := range policies(t) {
		if !policy.Writes {
			continue
		}
		t.Log(method)
		wantFault(t, tried[method], fault.Internal, fault.ReasonInternal)
	}
	err := s.store().sweep(t.Context())
	if err == nil {
		t.Error("the sweep succeeded")
	}
	used.wantLive(true) // that its use cannot be written must not end it
	if diff := cmp.Diff(before, s.dump()); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// dump gives a checksum of every table that people's changes go to.
func (s *system) dump() map[string]int {
	s.t.Helper()
	sums := map[string]int{}
	for _, table := range []string{"accounts", "sessions", "tokens", "mails", "password_resets", "idem", "outbox"} {
		var name string
		var sum int
		err := s.admin.QueryRowContext(s.t.Context(), "CHECKSUM TABLE "+table).Scan(&name, &sum)
		if err != nil {
			s.t.Fatal(err)
		}
		sums[table] = sum
	}
	return sums
}

// address finds what may be a full address; a prefix of 24 bits is none.
var address = regexp.MustCompile(`\d+\.\d+\.\d+\.([1-9]|\d\d|0[^/])`)

// A whole life, with canaries: every kind of event is in it, and nothing that must not be in a trail.
func TestEveryKindOfEventIsWrittenAndNoneHoldsASecret(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	var kinds, payloads []string
	collect := func() {
		s.query(`SELECT type, payload FROM outbox`, func(row [][]byte) {
			kinds, payloads = append(kinds, string(row[0])), append(payloads, string(row[1]))
		})
		s.newEvents() // which checks and removes them
	}
	client := &authpb.Client{Device: "Firefox on Linux", Network: "203.0.113.0/24"}
	email, password, changed := "canary.bird@aviary.example", "a canary in the coal mine", "another canary, also yellow"
	_, err := s.auth.SignUp(t.Context(), &authpb.SignUpRequest{Email: email, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: email, Password: password, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	p := &person{system: s.system, email: email, password: password, session: in.GetSession().GetName(), token: in.GetSessionToken()}
	s.query(`SELECT id FROM accounts`, func(row [][]byte) { p.accountID = string(row[0]) })
	_ = s.signIn(email, changed)
	_, err = s.auth.SignOut(p.with("account:read"), &authpb.SignOutRequest{})
	wantFault(t, err, fault.Denied, fault.ReasonScopeMissing)
	p.lastUsedYesterday()
	access, err := p.exchange(p.token, "auth")
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.tokens.CreateToken(rpc.WithToken(t.Context(), access), &authpb.CreateTokenRequest{
		Token: &authpb.Token{Title: "canary's token", Scopes: []string{"notes:read"}}, RequestId: uuid.NewString(),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.auth.ChangePassword(rpc.WithToken(t.Context(), access), &authpb.ChangePasswordRequest{CurrentPassword: password, NewPassword: changed})
	if err != nil {
		t.Fatal(err)
	}
	reset := s.mailedToken(p)
	err = s.confirm(reset, password, "")
	if err != nil {
		t.Fatal(err)
	}
	all, c := rings(t, s.db, 1)
	s.stop()
	collect()
	s.exec(`DELETE FROM signing_keys`)
	for range 3 {
		refresh(t, all[0])
		c.advance(keyPeriod + keyKept)
	}
	s.bump(t)
	collect()

	table, err := outboxtest.ReadTable(eventTable)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(table.Types(serviceName), slices.Compact(kinds)); diff != "" {
		t.Errorf("docs/events.md and what is written differ:\n%s", diff)
	}
	canaries := []string{
		token.GetSecret(), strings.Split(token.GetSecret(), "_")[3], email, "canary", "aviary", password, changed, "coal", p.token, p.token[len(sessionPrefix):], access, reset, reset[len(resetPrefix):], "@", "eyJ",
	}
	for _, payload := range payloads {
		for _, canary := range canaries {
			if strings.Contains(payload, canary) {
				t.Errorf("%q is in %s", canary, payload)
			}
		}
		if address.MatchString(payload) {
			t.Errorf("an address is in %s", payload)
		}
	}
	if !address.MatchString("203.0.113.7") || !address.MatchString("203.0.113.77/24") || address.MatchString("203.0.113.0/24") {
		t.Error("this test does not find addresses")
	}
}
