package auth

import (
	"context"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
)

const (
	// resetLife is how long the link in a mail works, by the database's clock, from when the mail is sent.
	resetLife = time.Hour
	// resetPrefix begins the token in such a link.
	resetPrefix = "nj_rst_"
	// askSlot is the length of time that the answers to requests for a mail come in whole numbers of. The work
	// takes a tenth of it, and differs by a few microseconds between an address that is signed up and one that
	// is not: enough to be seen in thousands of answers.
	askSlot = 20 * time.Millisecond
)

// Resets is the way back for people who forgot their password: they ask for a mail, and the link in it sets a
// new one. Each mail has a link of its own. All of them work, in whatever order they arrive, until one is used
// or the password changes in another way; then none does.
type Resets struct {
	Credentials
	// Blind makes of the hash of a request one that tells nothing about the address in it, which may be anybody's.
	Blind func(hash []byte) []byte
	// Asked is told when there may be a new mail to send.
	Asked func()
}

// Ask asks for a mail to the address, if it is signed up and was not sent too many. Who asks learns nothing about
// that, neither by the answer nor by how long it takes.
func (r Resets) Ask(ctx context.Context, key idempotency.Key, email string, from origin) error {
	begin := time.Now()
	err := invalid(fault.Field{Name: "email", Sentence: checkEmail(email)})
	if err != nil {
		return err
	}
	err = r.Tries.reset(ctx, from)
	if err != nil {
		return err
	}
	mayMail, err := r.Tries.resetAccount(ctx, email)
	if err != nil {
		return err
	}
	key.Hash = r.Blind(key.Hash)
	err = r.Store.AskReset(ctx, key, email, mayMail)
	if err != nil {
		return err
	}
	r.Asked()
	return waitForSlot(ctx, begin)
}

// waitForSlot waits for the end of the slot that began with begin, or of one after it.
func waitForSlot(ctx context.Context, begin time.Time) error {
	timer := time.NewTimer(askSlot - time.Since(begin)%askSlot)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Check says whether a token would work, and changes nothing.
func (r Resets) Check(ctx context.Context, token string) error {
	reset, err := r.find(ctx, token)
	if err == nil && !reset.Works {
		err = errResetNotFound
	}
	return err
}

// find looks a token up. It may have been used.
func (r Resets) find(ctx context.Context, token string) (Reset, error) {
	err := invalid(fault.Field{Name: "token", Sentence: required(token)})
	if err != nil {
		return Reset{}, err
	}
	hash, err := hashSecret(resetPrefix, token)
	if err != nil {
		return Reset{}, errResetNotFound.With(err)
	}
	return r.Store.Reset(ctx, hash)
}

// Confirm uses a token to replace the password, and ends all sessions. A password that breaks the rules leaves
// the token as it is. For repeats, see SignUp.
func (r Resets) Confirm(ctx context.Context, key idempotency.Key, token, password string) error {
	place, err := r.Hasher.Enter()
	if err != nil {
		return err
	}
	defer place.Leave()
	reset, err := r.find(ctx, token)
	if err != nil {
		return err
	}
	newHash := ""
	if reset.Works {
		err = invalid(fault.Field{Name: "new_password", Sentence: r.Policy.Check(password, reset.Account.Email)})
		if err != nil {
			return err
		}
		newHash, err = place.Hash(ctx, password)
		if err != nil {
			return err
		}
	}
	replayed, err := r.Store.ResetPassword(ctx, key, reset, newHash)
	if err == nil && replayed {
		err = r.sameRequest(ctx, place, reset.Account.ID, password)
	}
	return err
}
