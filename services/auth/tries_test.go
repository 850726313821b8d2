package auth

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

var (
	home     = place{address: "203.0.113.77"}
	neighbor = place{address: "203.0.113.78"}
	away     = place{address: "198.51.100.7"}
	laptop   = place{address: "203.0.113.77", device: someDevice}
)

func TestWrongPasswordsAreFollowedByALongerAndLongerWait(t *testing.T) {
	s := startSystem(t, only("MAX_DELAY", ""))
	p := s.signUp()
	for range freeTries {
		wantWrong(t, s.guess(p.email, home))
	}
	for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		before := s.hashes()
		for range 3 { // asking does not move the end away
			wantWait(t, s.guess(p.email, home), seconds)
		}
		wantWait(t, p.signInFrom(home), seconds)
		wantWait(t, s.guess(strings.ToUpper(p.email), neighbor), seconds) // another spelling, and a neighbour's address
		if s.hashes() != before {
			t.Error("a password was looked at")
		}
		s.pass(time.Duration(seconds) * time.Second)
		wantWrong(t, s.guess(p.email, home))
	}
	s.pass(triesWindow)
	for range freeTries {
		wantWrong(t, s.guess(p.email, home))
	}
	wantWait(t, s.guess(p.email, home), 1)
}

func TestAnUnknownAccountMakesWaitExactlyAsAKnownOneDoes(t *testing.T) {
	s := startSystem(t, only("MAX_DELAY", ""))
	answers := map[string]string{}
	for _, email := range []string{s.signUp().email, "nobody@example.com", "not an address"} {
		all := ""
		for range freeTries + 2 {
			all += onTheWire(t, s.guess(email, home)) + "\n"
		}
		answers[all] += email + " "
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
}

func TestGuessesAtOnceAreNoMoreThanGuessesInARow(t *testing.T) {
	s := startSystem(t, only("MAX_DELAY", ""))
	p := s.signUp()
	var wrong atomic.Int32
	var guessing sync.WaitGroup
	for range 40 {
		guessing.Go(func() {
			err := s.guess(p.email, home)
			if fault.Is(err, ReasonCredentialsWrong) {
				wrong.Add(1)
			} else if !fault.Is(err, ReasonTooManyTries) && !fault.Is(err, ReasonPasswordQueueFull) {
				t.Error(err)
			}
		})
	}
	guessing.Wait()
	if n := wrong.Load(); n < freeTries || n > freeTries+1 { // one more if all this took a second
		t.Errorf("%d passwords were looked at, want %d", n, freeTries)
	}
}

func TestAThousandGuessesShutTheOwnerOutNeitherFromAKnownDeviceNorFromAnotherNetwork(t *testing.T) {
	settings := defaultLimits()
	settings["AUTH_LIMIT_SIGN_IN"] = "5" // so that also the bucket of the owner's address is emptied
	s := startSystem(t, settings)
	p := s.signUp()
	before := s.hashes()
	var guessing sync.WaitGroup
	for guesser := range 10 {
		guessing.Go(func() {
			for i := range 100 {
				from := place{address: fmt.Sprintf("203.0.113.%d", guesser*10+i%10)} // the owner's own address is among them
				if i%2 == 0 {
					from.address = fmt.Sprintf("192.0.2.%d", guesser*10+i%10)
				}
				err := s.guess(p.email, from)
				if !fault.Is(err, ReasonTooManyTries) && !fault.Is(err, ReasonCredentialsWrong) {
					t.Error(err)
				}
			}
		})
	}
	guessing.Wait()
	if n := s.hashes() - before; n > 30 {
		t.Errorf("%d of 1000 guesses from two networks were looked at, want a few", n)
	}
	wantFault(t, p.signInFrom(home), fault.Exhausted, ReasonTooManyTries) // so there is something to be shut out from
	for name, from := range map[string]place{"the known device": laptop, "another network": away, "another network of IPv6": {address: "2001:db8:7:8::9"}} {
		err := p.signInFrom(from)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADeviceHasABucketAndACountOfItsOwnForEachAccount(t *testing.T) {
	s := startSystem(t, map[string]string{"AUTH_LIMIT_SIGN_IN": "4", "AUTH_LIMIT_MAX_DELAY": ""})
	p, q := s.signUp(), s.signUp()
	s.pass(time.Hour)
	for range freeTries {
		wantWrong(t, s.guess(p.email, laptop))
	}
	wantWait(t, p.signInFrom(laptop), 1)
	for name, err := range map[string]error{
		"the same account without the device": p.signInFrom(home),
		"another device":                      p.signInFrom(place{home.address, strings.Repeat("B", 22)}),
		"the device at another account":       q.signInFrom(laptop),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.pass(2 * time.Second)
	wantFault(t, p.signInFrom(laptop), fault.Exhausted, ReasonTooManyTries) // the bucket of four is empty
}

func TestWhatIsNoDevicesIdIsNoDevice(t *testing.T) {
	s := startSystem(t, only("MAX_DELAY", ""))
	p := s.signUp()
	for range freeTries {
		wantWrong(t, s.guess(p.email, home))
	}
	for _, device := range []string{"x", someDevice + "A", "203.0.113.77", strings.Repeat("=", 22)} {
		wantWait(t, p.signInFrom(place{home.address, device}), 1)
	}
}

func TestOnlyAWrongPasswordIsCounted(t *testing.T) {
	s := startSystem(t, map[string]string{
		"AUTH_LIMIT_MAX_DELAY": "", "AUTH_HASH_MEMORY_KIB": "19456", "AUTH_HASH_PASSES": "4",
		"AUTH_MYSQL_MAX_OPEN": "100", // a try is not taken back when there is no connection for it in good time
	})
	p := s.signUp()
	for range freeTries + 2 {
		err := p.signInFrom(home)
		if err != nil {
			t.Fatal(err)
		}
	}
	var wrong, shed atomic.Int32
	var flood sync.WaitGroup
	for i := range 2 * (maxHashSlots + hashQueue) {
		flood.Go(func() {
			err := s.guess(fmt.Sprintf("p%d@example.com", i), home)
			switch {
			case fault.Is(err, ReasonCredentialsWrong):
				wrong.Add(1)
			case fault.Is(err, ReasonPasswordQueueFull):
				shed.Add(1)
			case !fault.Is(err, fault.ReasonOverloaded):
				t.Error(err)
			}
		})
	}
	flood.Wait()
	if n := s.count(`SELECT COUNT(*) FROM tries`); n != int(wrong.Load()) || shed.Load() == 0 {
		t.Errorf("%d tries are counted, want %d: %d were shed", n, wrong.Load(), shed.Load())
	}
}

func TestAnAddressHasSoManySignInsAMinuteWhateverTheAccounts(t *testing.T) {
	s := startSystem(t, only("SIGN_IN", "3"))
	for name, hosts := range map[string]struct{ same, other string }{
		"IPv4": {"203.0.113.77", "203.0.113.78"},
		"IPv6": {"2001:db8:7:8::9", "2001:db8:7:9::9"},
		"none": {"", "203.0.113.79"},
	} {
		s.pass(time.Minute) // whatever came before: the order is random
		p := s.signUp()     // from nowhere
		s.pass(time.Minute)
		for i := range 3 {
			wantWrong(t, s.guess(fmt.Sprintf("%s-%d@example.com", name, i), place{address: hosts.same}))
		}
		before := s.hashes()
		wantWait(t, p.signInFrom(place{address: hosts.same}), 20)
		if s.hashes() != before {
			t.Errorf("%s: a password was looked at", name)
		}
		if name == "IPv6" {
			wantFault(t, p.signInFrom(place{address: "2001:db8:7:8:ffff::1"}), fault.Exhausted, ReasonTooManyTries)
		}
		err := p.signInFrom(place{address: hosts.other})
		if err != nil {
			t.Errorf("%s, from another address: %v", name, err)
		}
		s.pass(20 * time.Second)
		err = p.signInFrom(place{address: hosts.same})
		if err != nil {
			t.Errorf("%s, 20 s later: %v", name, err)
		}
	}
}

func TestOfSignUpsAtOnceOverTwoReplicasExactlyAsManyPassAsMay(t *testing.T) {
	s := startSystem(t, only("SIGN_UP", "10"))
	replicas := []*system{s, s.twin(only("SIGN_UP", "10"))}
	var passed, refused atomic.Int32
	var asking sync.WaitGroup
	for worker := range 40 {
		asking.Go(func() {
			for i := range 5 {
				_, err := replicas[worker%2].auth.SignUp(s.at(home), &authpb.SignUpRequest{Email: fmt.Sprintf("p%d-%d@example.com", worker, i), Password: goodPassword})
				switch {
				case err == nil:
					passed.Add(1)
				case fault.Is(err, ReasonTooManyTries):
					refused.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	asking.Wait()
	if passed.Load() != 10 || refused.Load() != 190 || s.count(`SELECT COUNT(*) FROM accounts`) != 10 {
		t.Errorf("%d passed and %d were refused, want 10 and 190", passed.Load(), refused.Load())
	}
	_, err := s.auth.SignUp(s.at(away), &authpb.SignUpRequest{Email: "away@example.com", Password: goodPassword})
	if err != nil {
		t.Errorf("from another address: %v", err)
	}
}

func TestACurrentPasswordIsGuessedAsSlowlyAsAtSignInAndInThatSessionAlone(t *testing.T) {
	s := startSystem(t, only("MAX_DELAY", ""))
	thief := s.signUp()
	owner := thief.again()
	change := func(p *person, current, next string) error {
		_, err := s.auth.ChangePassword(p.ctx(), &authpb.ChangePasswordRequest{CurrentPassword: current, NewPassword: next})
		return err
	}
	for range freeTries {
		wantFault(t, change(thief, "not the right one", otherPassword), fault.Invalid, fault.ReasonFieldInvalid, "current_password: This is not your current password.")
	}
	wantWait(t, change(thief, goodPassword, otherPassword), 1)
	for i := range freeTries + 2 { // what is not looked at, or right, is not counted
		wantFault(t, change(owner, goodPassword, "short"), fault.Invalid, fault.ReasonFieldInvalid, "new_password: Use at least 10 characters.")
		err := change(owner, []string{goodPassword, otherPassword}[i%2], []string{otherPassword, goodPassword}[i%2])
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoAddressReachesTheLogOrTheDatabase(t *testing.T) {
	s := startSystem(t, nil)
	log := &safeBuffer{}
	second := newSystem(t, s.db, defaultLimits())
	second.settings["AUTH_SEALING_KEY"] = s.settings["AUTH_SEALING_KEY"]
	r := second.start(log)
	if !r.isReady() {
		t.Fatal(r.err)
	}
	second.connect()
	p := second.signUp()
	places := []place{laptop, home, {address: "2001:db8:7:8::9"}}
	for _, from := range places {
		for range freeTries + 1 {
			_ = second.guess(p.email, from)
		}
		_, _ = second.auth.RequestPasswordReset(second.at(from), &authpb.RequestPasswordResetRequest{Email: p.email})
		_, _ = second.auth.SignUp(second.at(from), &authpb.SignUpRequest{Email: p.email, Password: p.password})
	}
	if !strings.Contains(log.String(), string(ReasonTooManyTries)) {
		t.Fatalf("this is not the log:\n%s", log)
	}
	if n := second.count(`SELECT (SELECT COUNT(*) FROM tries) + (SELECT COUNT(*) FROM limits)`); n < 10 {
		t.Errorf("only %d rows were made", n)
	}
	for _, secret := range []string{"203.0.113.77", "2001:db8:7:8", someDevice} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
		for _, cell := range second.cells() {
			if bytes.Contains(cell, []byte(secret)) {
				t.Errorf("the database has %q", cell)
			}
		}
	}
}

func TestWhatWasCountedIsForgotten(t *testing.T) {
	s := startSystem(t, map[string]string{"AUTH_LIMIT_SIGN_IN": "", "AUTH_LIMIT_MAX_DELAY": ""})
	for i := range 50 {
		wantWrong(t, s.guess(fmt.Sprintf("p%d@example.com", i), place{address: fmt.Sprintf("203.0.113.%d", i)}))
	}
	rows := `SELECT (SELECT COUNT(*) FROM tries) + (SELECT COUNT(*) FROM limits)`
	keeper := NewKeeper(nil, s.store(), nil)
	sweep := func() {
		err := keeper.store.sweep(t.Context())
		if err == nil {
			err = keeper.store.sweepBuckets(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	if n := s.count(rows); n != 100 {
		t.Errorf("%d rows, want 100: none is old", n)
	}
	s.pass(triesWindow + time.Second)
	sweep()
	if n := s.count(rows); n != 0 {
		t.Errorf("%d rows are left of what nobody needs", n)
	}
}

func TestWhereATryComesFromIsSeenInThreeSizes(t *testing.T) {
	for address, want := range map[string][3]string{
		"203.0.113.77":        {"203.0.113.77/32", "203.0.113.0/24", "203.0.113.77/32"},
		"::ffff:203.0.113.77": {"203.0.113.77/32", "203.0.113.0/24", "203.0.113.77/32"},
		"2001:db8:7:8::9":     {"2001:db8:7:8::/64", "2001:db8:7:8::/64", "2001:db8:7::/48"},
		"":                    {},
		"somewhere":           {},
	} {
		o := origin{address: parseAddress(address)}
		if got := [3]string{o.host(), o.network(), o.site()}; got != want {
			t.Errorf("%q: got %q, want %q", address, got, want)
		}
	}
}

func TestOnlyWebIsBelievedWhereACallComesFrom(t *testing.T) {
	said := metadata.Pairs("x-client-address", "203.0.113.77", "x-client-device", someDevice)
	if o := originOf(metadata.NewIncomingContext(t.Context(), said)); o != (origin{}) {
		t.Errorf("got %+v of a call without web's certificate", o)
	}
}
