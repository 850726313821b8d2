package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/limit/limittable"
	"gitlab.com/notejam/notejam/platform/mysql"
)

const (
	// freeTries is how many wrong passwords in a row cost nothing: people mistype.
	freeTries = 3
	// triesWindow is how long a wrong password counts. It must be longer than the longest delay.
	triesWindow = time.Hour
)

// The limits' names in the metric.
const (
	limitSignIn       = "sign_in"
	limitSignInDevice = "sign_in_device"
	limitSignInDelay  = "sign_in_delay"
	limitSignUp       = "sign_up"
	limitReset        = "password_reset"
	limitResetAccount = "password_reset_account"
	limitChange       = "change_password"
	limitChangeDelay  = "change_password_delay"
)

// Limits are how much may be asked of auth by who is not signed in, or tries passwords.
type Limits struct {
	SignIn       limit.Rate // sign-ins from one address, and changes of the password in one session
	SignUp       limit.Rate // from one address
	Reset        limit.Rate // mails that one address asks for
	ResetAccount limit.Rate // mails that are sent to one account
	// MaxDelay is how long the wait after a wrong password grows at most; 0 for no wait.
	MaxDelay time.Duration
}

// Tries is what stands before passwords. Whoever guesses has to wait longer and longer; nobody can make somebody else wait who comes from another
// network, or with a device that has signed in to the account before. There is no lock, and whether an account exists changes nothing.
//
// A try is counted before the password is looked at, and taken back when it was not wrong: of many at once no more pass than of as many in a row.
type Tries struct {
	Limits  Limits
	Buckets *limittable.Table
	Store   *Store
	// Blind makes of a key what is stored of it.
	Blind   func(key []byte) []byte
	Metrics *limit.Metrics
}

// try is one that was counted; the zero one was not.
type try struct {
	key []byte
	seq int
}

// signIn lets a sign-in be tried, or says when to come again. A device that has signed in to the account before has a bucket and a count of its own:
// what others do at the same address is nothing to it.
func (t Tries) signIn(ctx context.Context, email string, from origin) (try, error) {
	account := emailKey(email)
	if from.device != "" {
		own := account + "\x00" + from.device
		err := t.take(ctx, limitSignInDevice, t.Limits.SignIn, own)
		if err != nil {
			return try{}, err
		}
		return t.count(ctx, limitSignInDelay, "device\x00"+own)
	}
	err := t.take(ctx, limitSignIn, t.Limits.SignIn, from.host())
	if err != nil {
		return try{}, err
	}
	return t.count(ctx, limitSignInDelay, "network\x00"+account+"\x00"+from.network())
}

// changePassword is signIn for the current password, which a stolen session might guess.
func (t Tries) changePassword(ctx context.Context, caller Caller) (try, error) {
	session := caller.AccountID + "\x00" + caller.SessionID
	err := t.take(ctx, limitChange, t.Limits.SignIn, session)
	if err != nil {
		return try{}, err
	}
	return t.count(ctx, limitChangeDelay, session)
}

func (t Tries) signUp(ctx context.Context, from origin) error {
	return t.take(ctx, limitSignUp, t.Limits.SignUp, from.site())
}

// reset lets a mail be asked for. Whether one may be sent is another question, whose answer nobody must learn: see resetAccount.
func (t Tries) reset(ctx context.Context, from origin) error {
	return t.take(ctx, limitReset, t.Limits.Reset, from.host())
}

// resetAccount says whether one more mail may be sent to an address.
func (t Tries) resetAccount(ctx context.Context, email string) (bool, error) {
	answer, err := t.Buckets.Take(ctx, limitResetAccount, t.Limits.ResetAccount, emailKey(email))
	return answer.Allowed, err
}

// take takes a token, or says when there is one.
func (t Tries) take(ctx context.Context, name string, rate limit.Rate, key string) error {
	answer, err := t.Buckets.Take(ctx, name, rate, key)
	if err == nil && !answer.Allowed {
		err = tooManyTries(answer.Retry)
	}
	return err
}

// count counts a try, or says how long to wait for the next one. Who counts at the same time as another one, and is not the first, looks again.
func (t Tries) count(ctx context.Context, name, key string) (try, error) {
	if t.Limits.MaxDelay == 0 {
		return try{}, nil
	}
	blind := t.Blind([]byte(name + "\x00" + key))
	for {
		before, err := t.Store.triesOf(ctx, blind)
		if err != nil {
			return try{}, err
		}
		wait := delayAfter(before.n, t.Limits.MaxDelay) - before.age
		t.Metrics.Count(name, wait <= 0)
		if wait > 0 {
			return try{}, tooManyTries(wait)
		}
		next := try{key: blind, seq: before.lastSeq + 1}
		err = t.Store.insertTry(ctx, next)
		if !mysql.IsDuplicate(err) {
			return next, err
		}
	}
}

// delayAfter is how long after the last of n wrong passwords in a row the next one is looked at: 0, 0, 0, 1, 2, 4 … s.
func delayAfter(n int, longest time.Duration) time.Duration {
	if n < freeTries {
		return 0
	}
	const enough = 30 // 2^30 s are longer than any longest
	return min(time.Second<<min(n-freeTries, enough), longest)
}

// end takes a try back, unless its password was wrong: one that was right, or that nobody has looked at, says nothing about who tries. If it cannot be
// taken back it counts for an hour, which is no reason to fail what has happened.
func (t Tries) end(ctx context.Context, ended try, outcome error) {
	if ended.key == nil || errors.Is(outcome, errCredentials) || errors.Is(outcome, errCurrentPassword) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = t.Store.deleteTry(ctx, ended)
}

// endTimeout is long for one statement: in a flood, when most tries are taken back because nobody looks at them, many wait for their commit.
const endTimeout = 3 * time.Second

// tooManyTries is the refusal to look at a password, before anything was done about it.
func tooManyTries(wait time.Duration) error {
	seconds := limit.Seconds(wait)
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return fault.New(fault.Exhausted, ReasonTooManyTries, fmt.Sprintf("Too many tries. Wait %d %s and try again.", seconds, unit)).
		RetryIn(time.Duration(seconds) * time.Second)
}
