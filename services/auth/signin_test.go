package auth

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
)

func TestSignIn(t *testing.T) {
	s := startSystem(t, nil)

	t.Run("gives a new session each time", func(t *testing.T) {
		s := s.in(t)
		first := s.signUp()
		second := first.again()
		if first.token == second.token || first.session == second.session {
			t.Error("two sign-ins gave one session")
		}
		first.wantLive(true)
		second.wantLive(true)
	})

	t.Run("names empty fields", func(t *testing.T) {
		s := s.in(t)
		_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "email: This field is required.", "password: This field is required.")
	})

	t.Run("refuses a password over 1,024 bytes without hashing it", func(t *testing.T) {
		s := s.in(t)
		before := s.hashes()
		_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: "a@example.com", Password: strings.Repeat("x", 1025)})
		wantFault(t, err, fault.Invalid, fault.ReasonFieldInvalid, "password: Use at most 256 characters.")
		if s.hashes() != before {
			t.Error("a hash was computed")
		}
	})

	t.Run("answers every failure with the same bytes, after one hash", func(t *testing.T) {
		s := s.in(t)
		known := s.signUp()
		answers := map[string][]string{}
		for name, req := range map[string]*authpb.SignInRequest{
			"wrong password":         {Email: known.email, Password: "not the right one"},
			"empty-looking password": {Email: known.email, Password: " "},
			"longest password":       {Email: known.email, Password: strings.Repeat("x", 1024)},
			"unknown address":        {Email: "nobody@example.com", Password: known.password},
			"malformed address":      {Email: "nobody", Password: known.password},
			"address not in ASCII":   {Email: "jürgen@example.com", Password: known.password},
			"overlong address":       {Email: strings.Repeat("a", 9000) + "@example.com", Password: known.password},
			"the stand-in's secret":  {Email: "nobody@example.com", Password: "nobody's password"},
		} {
			before := s.hashes()
			_, err := s.auth.SignIn(t.Context(), req)
			wantFault(t, err, fault.Unauthenticated, ReasonCredentialsWrong)
			if computed := s.hashes() - before; computed != 1 {
				t.Errorf("%s: %d hashes were computed, want 1", name, computed)
			}
			answers[onTheWire(t, err)] = append(answers[onTheWire(t, err)], name)
		}
		if len(answers) != 1 {
			t.Errorf("the answers differ: %v", answers)
		}
	})

	t.Run("writes nothing when it fails", func(t *testing.T) {
		s := s.in(t)
		s.newEvents()
		before := s.count(`SELECT COUNT(*) FROM sessions`)
		_, _ = s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: "nobody@example.com", Password: goodPassword})
		if s.count(`SELECT COUNT(*) FROM sessions`) != before || len(s.newEvents()) != 0 {
			t.Error("a failed sign-in left something behind")
		}
	})

	t.Run("ends the session of a repeated request, so that one request leaves one", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		req := &authpb.SignInRequest{Email: p.email, Password: p.password, RequestId: uuid.NewString()}
		first, err := s.auth.SignIn(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		req.RequestId = strings.ToUpper(req.GetRequestId()) // one id, another spelling
		second, err := s.auth.SignIn(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.exchange(first.GetSessionToken(), "notes")
		wantFault(t, err, fault.Unauthenticated, ReasonSessionEnded)
		_, err = s.exchange(second.GetSessionToken(), "notes")
		if err != nil {
			t.Error(err)
		}
		p.wantLive(true)
	})

	t.Run("ends the oldest session when there are more than 20", func(t *testing.T) {
		s := s.in(t)
		oldest := s.signUp()
		second := oldest.again()
		for range maxSessions - 2 {
			oldest.again()
		}
		oldest.wantLive(true)
		s.newEvents()
		newest := oldest.again()
		oldest.wantLive(false)
		second.wantLive(true)
		newest.wantLive(true)
		want := []event{
			{Type: eventSessionEnded, Subject: oldest.session, Actor: oldest.accountID, Source: "auth", Data: because(endedByLimit)},
			{Type: eventSessionCreated, Subject: newest.session, Actor: oldest.accountID, Source: "auth", Data: map[string]any{"device": "unknown"}},
		}
		if diff := cmp.Diff(want, withoutRequestID(s.newEvents())); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("leaves one session of 8 repeats at once", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		req := &authpb.SignInRequest{Email: p.email, Password: p.password, RequestId: uuid.NewString()}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := s.auth.SignIn(t.Context(), req)
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := s.count(`SELECT COUNT(*) FROM sessions WHERE request_id = ?`, req.GetRequestId()); n != 1 {
			t.Errorf("%d sessions are left, want 1", n)
		}
	})

	t.Run("hashes the password again when the parameters have changed", func(t *testing.T) {
		s := s.in(t)
		p := s.signUp()
		old := newPHC(HashParams{MemoryKiB: 16, Passes: 3, Lanes: 1}, p.password).String()
		s.exec(`UPDATE accounts SET password_hash = ? WHERE id = ?`, old, p.accountID)
		p.again()
		if s.count(`SELECT COUNT(*) FROM accounts WHERE id = ? AND password_hash LIKE '$argon2id$v=19$m=8,t=1,p=1$%'`, p.accountID) != 1 {
			t.Error("the old hash is still there")
		}
		p.wantLive(true)
		p.again()
	})
}

func withoutRequestID(events []event) []event {
	for i := range events {
		events[i].RequestID = ""
	}
	return events
}

func TestNoValueInTheDatabaseSignsIn(t *testing.T) {
	s := startSystem(t, nil)
	p := s.signUp()
	p.wantLive(true)
	values := s.everyValue()
	if len(values) < 30 {
		t.Fatalf("only %d values were found: the test looks in the wrong place", len(values))
	}
	for _, value := range values {
		_, err := s.auth.SignIn(t.Context(), &authpb.SignInRequest{Email: p.email, Password: value})
		if err == nil {
			t.Errorf("%q signs in", value)
		}
		for _, token := range []string{value, sessionPrefix + value, sessionPrefix + encodeSecret(value)} {
			_, err = s.exchange(token, "auth")
			if err == nil {
				t.Errorf("%q is a session", token)
			}
		}
		_, err = s.auth.ListSessions(rpc.WithToken(t.Context(), value), &authpb.ListSessionsRequest{})
		if err == nil {
			t.Errorf("%q is an access token", value)
		}
		if strings.Contains(value, p.password) || strings.Contains(value, strings.TrimPrefix(p.token, sessionPrefix)) {
			t.Errorf("%q tells a secret", value)
		}
	}
}

// everyValue gives all values of all columns, and all texts inside those that are JSON.
func (s *system) everyValue() (values []string) {
	s.t.Helper()
	for _, table := range []string{"accounts", "sessions", "signing_keys", "idem", "outbox"} {
		found := s.valuesOf(table)
		if len(found) == 0 {
			s.t.Fatalf("table %s is empty", table)
		}
		values = append(values, found...)
	}
	return values
}

func (s *system) valuesOf(table string) (values []string) {
	s.t.Helper()
	rows, err := s.admin.QueryContext(s.t.Context(), "SELECT * FROM "+table)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	raw, into := make([][]byte, len(columns)), make([]any, len(columns))
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		err := rows.Scan(into...)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, value := range raw {
			values = append(values, strings.ToValidUTF8(string(value), "?"))
			var parts map[string]any
			if json.Unmarshal(value, &parts) == nil {
				for _, part := range parts {
					text, _ := part.(string)
					values = append(values, text)
				}
			}
		}
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	return values
}
