package auth

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/idempotency"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

// cells gives every value in the database.
func (s *system) cells() (values [][]byte) {
	s.t.Helper()
	var tables []string
	s.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`, func(row [][]byte) {
		tables = append(tables, string(row[0]))
	})
	for _, table := range tables {
		s.query(`SELECT * FROM `+table, func(row [][]byte) { values = append(values, row...) })
	}
	return values
}

// query calls f with each row.
func (s *system) query(query string, f func(row [][]byte)) {
	s.t.Helper()
	rows, err := s.admin.QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		raw := make([]sql.RawBytes, len(columns))
		into := make([]any, len(columns))
		for i := range raw {
			into[i] = &raw[i]
		}
		err := rows.Scan(into...)
		if err != nil {
			s.t.Fatal(err)
		}
		row := make([][]byte, len(columns))
		for i := range raw {
			row[i] = bytes.Clone(raw[i])
		}
		f(row)
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
}

func TestNoValueInTheDatabaseResetsAPassword(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()
	token := s.mailedToken(p)
	tried := 0
	for _, cell := range s.cells() {
		encoded := base64.RawURLEncoding.EncodeToString(cell)
		for _, text := range []string{string(cell), resetPrefix + string(cell), encoded, resetPrefix + encoded, hex.EncodeToString(cell), resetPrefix + hex.EncodeToString(cell)} {
			text = strings.ToValidUTF8(text, "?")
			if text == "" {
				continue
			}
			tried++
			s.wantDead(text)
		}
		if bytes.Contains(cell, []byte(token)) || bytes.Contains(cell, []byte(strings.TrimPrefix(token, resetPrefix))) {
			t.Error("the token is in the database")
		}
	}
	if tried < 100 {
		t.Errorf("only %d values were tried", tried)
	}
	err := s.confirm(token, otherPassword, "")
	if err != nil {
		t.Errorf("the token itself: %v", err)
	}
}

func TestTheRowOfAMailHoldsNoAddressAndNoToken(t *testing.T) {
	box := mailtest.Start(t, mailtest.Options{})
	box.Close()
	s := startSystem(t, mailSettings(box))
	p := s.signUp()
	err := s.ask(p.email)
	if err != nil {
		t.Fatal(err)
	}
	s.query(`SELECT * FROM mails`, func(row [][]byte) {
		for _, cell := range row {
			if bytes.Contains(cell, []byte("@")) || bytes.Contains(cell, []byte(resetPrefix)) || len(cell) > 36 {
				t.Errorf("it holds %q", cell)
			}
		}
	})
}

func TestNobodyLearnsWhetherAnAddressIsSignedUp(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()

	t.Run("the answer and the work are the same", func(t *testing.T) {
		s := s.in(t)
		work := map[string]int{}
		answers := map[string]string{}
		for _, email := range []string{p.email, "nobody@example.com", p.email, "nobody@example.com"} { // the first round prepares statements
			before := s.work()
			begin := time.Now()
			answer, err := s.auth.RequestPasswordReset(t.Context(), &authpb.RequestPasswordResetRequest{Email: email})
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took < askSlot {
				t.Errorf("the answer came after %v: its time tells what was done", took)
			}
			work[email], answers[email] = s.work()-before, answer.String()
		}
		if work[p.email] != work["nobody@example.com"] || work[p.email] < 4 || answers[p.email] != answers["nobody@example.com"] {
			t.Errorf("statements %v, answers %v", work, answers)
		}
	})

	t.Run("nothing about an unknown address stays", func(t *testing.T) {
		s := s.in(t)
		mails, events := s.count(`SELECT COUNT(*) FROM mails`), len(s.newEvents())
		const stranger = "stranger@elsewhere.example"
		err := s.ask(stranger)
		if err != nil {
			t.Fatal(err)
		}
		if s.count(`SELECT COUNT(*) FROM mails`) != mails || len(s.newEvents()) != 0 || events == 0 {
			t.Error("a mail or an event was written")
		}
		request, err := idempotency.HashRequest(&authpb.RequestPasswordResetRequest{Email: stranger})
		if err != nil {
			t.Fatal(err)
		}
		plain := sha256.Sum256([]byte(stranger))
		for _, cell := range s.cells() {
			for _, trace := range [][]byte{[]byte("stranger"), []byte("elsewhere"), request, plain[:]} {
				if bytes.Contains(cell, trace) {
					t.Errorf("%x is in the database", trace)
				}
			}
		}
	})
}

func TestNoResetTokenAndNoAddressReachesTheLog(t *testing.T) {
	gossip := mailtest.Start(t, mailtest.Options{Recipient: func(address string) error {
		return fmt.Errorf("%s may not read its link", address)
	}})
	s := startSystem(t, nil)
	log := &safeBuffer{}
	second := newSystem(t, s.db, mailSettings(gossip))
	second.settings["AUTH_SEALING_KEY"] = s.settings["AUTH_SEALING_KEY"]
	r := second.start(log)
	if !r.isReady() {
		t.Fatal(r.err)
	}
	second.connect()
	p := second.signUp()
	token := p.resetToken()
	for _, email := range []string{p.email, "stranger@example.com"} {
		err := second.ask(email)
		if err != nil {
			t.Fatal(err)
		}
	}
	second.wantDead(token + "x")
	err := second.check(token)
	if err != nil {
		t.Fatal(err)
	}
	err = second.confirm(token, otherPassword, "")
	if err != nil {
		t.Fatal(err)
	}
	second.wantDead(token)
	eventually(t, "the mail was tried", func() bool {
		return strings.Contains(log.String(), "a mail has to wait") || strings.Contains(log.String(), "a mail is given up")
	})
	text := log.String()
	for _, secret := range []string{p.email, "stranger@", token, token[len(resetPrefix):], resetPrefix, otherPassword, "may not read"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}
