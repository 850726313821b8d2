package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

// Whoever steals the database cannot sign in with anything in it, in any of the spellings in which it might be sent.
func TestNoValueInAStolenDatabaseSignsIn(t *testing.T) {
	s := startMailed(t, mailtest.Options{})
	p := s.signUp()
	other := p.again()
	token := p.newToken("notes:read", "account:read")
	reset := s.mailedToken(p)
	p.wantLive(true)
	other.wantLive(true)
	p.wantWorks(token, true)
	if s.check(reset) != nil {
		t.Fatal("the reset link does not work")
	}
	id := strings.TrimPrefix(token.GetName(), tokenCollection)
	held := []string{p.token, other.token, reset, token.GetSecret(), strings.Split(token.GetSecret(), "_")[3], p.password}

	values := s.stolenValues()
	if len(values) < 50 {
		t.Fatalf("only %d values were found: the test looks in the wrong place", len(values))
	}
	for _, value := range values {
		for _, secret := range held {
			if bytes.Contains(value, []byte(secret)) {
				t.Errorf("the database holds %q", secret)
			}
		}
		for _, text := range spellings(id, value) {
			s.signsNobodyIn(p, text)
		}
	}
}

// stolenValues gives each different value of each column of each table.
func (s *system) stolenValues() (values [][]byte) {
	s.t.Helper()
	var tables []string
	s.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`, func(row [][]byte) {
		tables = append(tables, string(row[0]))
	})
	if !slices.Contains(tables, "tokens") {
		s.t.Fatalf("tables are %q", tables)
	}
	seen := map[string]bool{}
	for _, table := range tables {
		s.query("SELECT * FROM "+table, func(row [][]byte) {
			for _, value := range row {
				if len(value) > 0 && !seen[string(value)] {
					seen[string(value)] = true
					values = append(values, bytes.Clone(value))
				}
			}
		})
	}
	return values
}

// spellings are the ways to send a value: as it is, and as the secret of a session, a link or a token.
func spellings(tokenID string, value []byte) []string {
	raw := base64.RawURLEncoding.EncodeToString(value)
	all := []string{string(value), raw, hex.EncodeToString(value), sessionPrefix + raw, resetPrefix + raw, tokenPrefix + raw, sessionPrefix + string(value)}
	if len(value) == secretSize {
		all = append(all, tokenText(tokenID, value))
	}
	return all
}

// signsNobodyIn fails if a text is of use anywhere.
func (s *system) signsNobodyIn(p *person, text string) {
	s.t.Helper()
	text = strings.ToValidUTF8(text, "?")
	_, session := s.exchange(text, "notes")
	_, token := s.exchangeToken(text, "notes")
	for door, err := range map[string]error{
		"a session": session, "a token": token, "a password": s.signIn(p.email, text), "a reset link": s.check(text),
	} {
		if err == nil {
			s.t.Errorf("%s is taken for %s", fmt.Sprintf("%.80q", text), door)
		}
	}
}
