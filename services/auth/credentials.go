package auth

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/idempotency"
)

// Credentials is where passwords are looked at: signing up, signing in and changing the password. Hashes are
// computed outside of transactions, and what they prove is tied to the account's epoch: if that moved on, it
// proves nothing.
type Credentials struct {
	Policy   PasswordPolicy
	Hasher   *Hasher
	Store    *Store
	Refusals Refusals
	Tries    Tries
}

// SignUp makes an account.
//
// A repeat of a request that succeeded must come with the same password. Whoever sends a form again with
// another one has to hear that it was not taken, not that all is well.
func (c Credentials) SignUp(ctx context.Context, key idempotency.Key, email, password string, from origin) (Account, error) {
	place, err := c.Hasher.Enter()
	if err != nil {
		return Account{}, err
	}
	defer place.Leave()
	err = c.Tries.signUp(ctx, from)
	if err != nil {
		return Account{}, err
	}
	err = invalid(
		fault.Field{Name: "email", Sentence: checkEmail(email)},
		fault.Field{Name: "password", Sentence: c.Policy.Check(password, email)})
	if err != nil {
		return Account{}, err
	}
	hash, err := place.Hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	account, replayed, err := c.Store.CreateAccount(ctx, key, email, hash)
	if err == nil && replayed {
		err = c.sameRequest(ctx, place, account.ID, password)
	}
	return account, err
}

// SignIn is what somebody signs in with.
type SignIn struct {
	Email, Password string
	RequestID       string
	Client          Client
	from            origin
}

// SignIn starts a session, if it may be tried now. Whatever fails but a field that cannot be right fails alike, after as much work; that it is
// counted for an account that exists costs nothing that could be measured. Who finds no place is refused before anything is counted: a flood costs no
// commits.
func (c Credentials) SignIn(ctx context.Context, in SignIn) (token string, session Session, err error) {
	err = invalid(
		fault.Field{Name: "email", Sentence: required(in.Email)},
		fault.Field{Name: "password", Sentence: checkSize(in.Password)},
		fault.Field{Name: "client.device", Sentence: checkDevice(in.Client.Device)},
		fault.Field{Name: "client.network", Sentence: checkNetwork(in.Client.Network)})
	if err != nil {
		return "", Session{}, err
	}
	id, err := uuid.Parse(in.RequestID)
	if err != nil {
		return "", Session{}, invalid(fault.Field{Name: "request_id", Sentence: "Send a UUID as request_id."})
	}
	in.RequestID = id.String()
	place, err := c.Hasher.Enter()
	if err != nil {
		return "", Session{}, err
	}
	defer place.Leave()
	counted, err := c.Tries.signIn(ctx, in.Email, in.from)
	if err != nil {
		return "", Session{}, err
	}
	token, session, err = c.signIn(ctx, place, in)
	c.Tries.end(ctx, counted, err)
	return token, session, err
}

// signIn looks at the password.
func (c Credentials) signIn(ctx context.Context, place Place, in SignIn) (token string, session Session, err error) {
	account, err := c.account(ctx, in.Email)
	if err != nil {
		return "", Session{}, err
	}
	right, err := place.Verify(ctx, account.PasswordHash, in.Password)
	if err != nil {
		return "", Session{}, err
	}
	if !right {
		c.Refusals.signIn(ctx, account.ID, in.Client)
		return "", Session{}, errCredentials
	}
	token, secretHash := newSecret(sessionPrefix)
	session, err = c.Store.StartSession(ctx, SignedIn{
		Account:    account,
		RequestID:  in.RequestID,
		SecretHash: secretHash,
		NewHash:    c.rehash(ctx, place, account, in.Password),
		Client:     in.Client,
	})
	if fault.Is(err, ReasonCredentialsWrong) {
		c.Refusals.signIn(ctx, account.ID, in.Client)
	}
	if err != nil {
		return "", Session{}, err
	}
	return token, session, nil
}

// account finds the account to sign in to. An unknown one is empty: its password is compared with a hash that
// stands in for one.
func (c Credentials) account(ctx context.Context, email string) (Account, error) {
	if checkEmail(email) != "" {
		return Account{}, nil
	}
	account, err := c.Store.AccountByEmail(ctx, email)
	if errors.Is(err, errNoAccount) {
		return Account{}, nil
	}
	return account, err
}

// rehash gives the password's hash with today's parameters if the stored one has others. It can wait for the
// next sign-in when there is no room now.
func (c Credentials) rehash(ctx context.Context, place Place, account Account, password string) string {
	if !c.Hasher.Outdated(account.PasswordHash) {
		return ""
	}
	hash, err := place.Hash(ctx, password)
	if err != nil {
		return ""
	}
	return hash
}

// ChangePassword replaces the caller's password, if it may be tried now. For repeats, see SignUp.
func (c Credentials) ChangePassword(ctx context.Context, key idempotency.Key, caller Caller, current, password string) error {
	place, err := c.Hasher.Enter()
	if err != nil {
		return err
	}
	defer place.Leave()
	counted, err := c.Tries.changePassword(ctx, caller)
	if err != nil {
		return err
	}
	err = c.changePassword(ctx, place, key, caller, current, password)
	c.Tries.end(ctx, counted, err)
	return err
}

// changePassword looks at the current password.
func (c Credentials) changePassword(
	ctx context.Context, place Place, key idempotency.Key, caller Caller, current, password string,
) error {
	account, err := c.Store.Account(ctx, caller.AccountID)
	if errors.Is(err, errNoAccount) {
		return errSessionEnded
	}
	if err != nil {
		return err
	}
	err = invalid(
		fault.Field{Name: "current_password", Sentence: checkSize(current)},
		fault.Field{Name: "new_password", Sentence: c.Policy.Check(password, account.Email)})
	if err != nil {
		return err
	}
	right, err := place.Verify(ctx, account.PasswordHash, current)
	if err != nil {
		return err
	}
	change := PasswordChange{Caller: caller, Verified: right, Epoch: account.Epoch}
	if right {
		change.NewHash, err = place.Hash(ctx, password)
		if err != nil {
			return err
		}
	}
	replayed, err := c.Store.ChangePassword(ctx, key, change)
	if err == nil && replayed {
		err = c.sameRequest(ctx, place, account.ID, password)
	}
	return err
}

// sameRequest refuses the repeat of a request with another password than the account has: passwords are not
// part of what is remembered of a request. The account is read again: the first request may have been under way
// when this one began.
func (c Credentials) sameRequest(ctx context.Context, place Place, accountID, password string) error {
	account, err := c.Store.Account(ctx, accountID)
	if err != nil {
		return err
	}
	same, err := place.Verify(ctx, account.PasswordHash, password)
	if err == nil && !same {
		err = errRequestIDReused
	}
	return err
}

// invalid is the error for those fields that have a sentence; nil if none has.
func invalid(fields ...fault.Field) error {
	var wrong []fault.Field
	for _, f := range fields {
		if f.Sentence != "" {
			wrong = append(wrong, f)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.InvalidFields(wrong...)
}

func required(value string) string {
	if value == "" {
		return sentenceRequired
	}
	return ""
}

// checkSize is all that an existing password is asked before it is hashed.
func checkSize(password string) string {
	if len(password) > maxPasswordBytes {
		return sentencePasswordLong
	}
	return required(password)
}
