package auth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/services/auth/mail/mailtest"
)

func (s *system) askFrom(email string, from place) error {
	_, err := s.auth.RequestPasswordReset(s.at(from), &authpb.RequestPasswordResetRequest{Email: email})
	return err
}

func TestAnAddressMayAskForSoManyMailsAnHour(t *testing.T) {
	s := startSystem(t, only("RESET", "2"))
	for i := range 2 {
		err := s.askFrom(fmt.Sprintf("p%d@example.com", i), home)
		if err != nil {
			t.Fatal(err)
		}
	}
	wantFault(t, s.askFrom("p3@example.com", home), fault.Exhausted, ReasonTooManyTries)
	err := s.askFrom("p3@example.com", neighbor)
	if err != nil {
		t.Error(err)
	}
	s.pass(time.Hour)
	err = s.askFrom("p3@example.com", home)
	if err != nil {
		t.Error(err)
	}
}

// box is closed: mails stay where they can be counted.
func TestAnAccountIsSentThreeMailsAnHourAndNobodyIsTold(t *testing.T) {
	box := mailtest.Start(t, mailtest.Options{})
	box.Close()
	changes := mailSettings(box)
	changes["AUTH_LIMIT_RESET_ACCOUNT"] = ""
	s := startSystem(t, changes)
	p := s.signUp()
	s.newEvents()
	for i := range 6 {
		for _, email := range []string{[]string{p.email, strings.ToUpper(p.email)}[i%2], "nobody@example.com"} {
			err := s.askFrom(email, place{address: fmt.Sprintf("203.0.113.%d", i)})
			if err != nil {
				t.Errorf("the answer tells: %v", err)
			}
		}
	}
	if mails, events := s.count(`SELECT COUNT(*) FROM mails`), len(s.newEvents()); mails != 3 || events != 3 {
		t.Errorf("%d mails are to be sent, and %d were recorded; want 3", mails, events)
	}
	s.pass(time.Hour)
	err := s.askFrom(p.email, home)
	if mails := s.count(`SELECT COUNT(*) FROM mails`); mails != 4 || err != nil {
		t.Errorf("%d mails an hour later (%v), want 4", mails, err)
	}
}

func TestAMailThatIsNotSentIsAsMuchWorkAsOneToNobody(t *testing.T) {
	s := startSystem(t, only("RESET_ACCOUNT", "1"))
	p := s.signUp()
	work := map[int]string{}
	for _, email := range []string{p.email, "nobody@example.com"} {
		err := s.ask(email)
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the first round prepares statements
		work = map[int]string{}
		for _, email := range []string{p.email, "nobody@example.com"} {
			before := s.work()
			err := s.ask(email)
			if err != nil {
				t.Fatal(err)
			}
			work[s.work()-before] += email + " "
		}
	}
	if len(work) != 1 {
		t.Errorf("the numbers of statements differ: %v", work)
	}
}
