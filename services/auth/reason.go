package auth

import "gitlab.com/notejam/notejam/platform/fault"

// The reasons that only auth answers with.
const (
	// ReasonEmailTaken is a sign-up with an address that has an account.
	ReasonEmailTaken fault.Reason = "EMAIL_TAKEN"
	// ReasonCredentialsWrong is a sign-in that failed, whichever half was wrong.
	ReasonCredentialsWrong fault.Reason = "CREDENTIALS_WRONG"
	// ReasonPasswordQueueFull is a password that was not looked at because too many were being checked.
	ReasonPasswordQueueFull fault.Reason = "PASSWORD_QUEUE_FULL"
	// ReasonTooManyTries is a password that was not looked at, or a request that was not carried out, because there were
	// too many from there.
	ReasonTooManyTries fault.Reason = "TOO_MANY_TRIES"
	// ReasonSessionEnded is a session that is unknown, ended or expired.
	ReasonSessionEnded fault.Reason = "SESSION_ENDED"
	// ReasonSessionNotFound is a session that is not one of the caller's live ones.
	ReasonSessionNotFound fault.Reason = "SESSION_NOT_FOUND"
	// ReasonTokenNotFound is a personal access token that is not one of the caller's live ones.
	ReasonTokenNotFound fault.Reason = "TOKEN_NOT_FOUND"
	// ReasonTokenLimitReached is a personal access token too many.
	ReasonTokenLimitReached fault.Reason = "TOKEN_LIMIT_REACHED"
	// ReasonSecretShownOnce is the repeat of a request whose answer held a secret that is not kept.
	ReasonSecretShownOnce fault.Reason = "SECRET_SHOWN_ONCE"
	// ReasonResetTokenNotFound is a reset mail's token that is wrong, used or too old.
	ReasonResetTokenNotFound fault.Reason = "RESET_TOKEN_NOT_FOUND"
)

// sentenceRequired is what an empty field that must not be empty gets.
const sentenceRequired = "This field is required."

var (
	errEmailTaken = &fault.Error{
		Kind: fault.Exists, Reason: ReasonEmailTaken, Sentence: "This address is already signed up.",
		Fields: []fault.Field{{Name: "email", Sentence: "This address is already signed up."}},
	}
	// errCredentials is the one answer to every sign-in that failed, so that it does not tell whether the
	// address has an account.
	errCredentials     = fault.New(fault.Unauthenticated, ReasonCredentialsWrong, "Wrong email or password")
	errCurrentPassword = fault.InvalidFields(fault.Field{Name: "current_password", Sentence: "This is not your current password."})
	errSessionEnded    = fault.New(fault.Unauthenticated, ReasonSessionEnded, "Sign in to do this.")
	errResetNotFound   = fault.New(fault.NotFound, ReasonResetTokenNotFound, "There is nothing here.")
	errSessionNotFound = fault.New(fault.NotFound, ReasonSessionNotFound, "There is nothing here.")
	errTokenInvalid    = fault.New(fault.Unauthenticated, fault.ReasonTokenInvalid, "This token does not work.")
	errTokenNotFound   = fault.New(fault.NotFound, ReasonTokenNotFound, "There is nothing here.")
	errTokenLimit      = fault.New(fault.Exhausted, ReasonTokenLimitReached, "You have 50 tokens. Delete one first.")
	errSecretShownOnce = fault.New(fault.Exists, ReasonSecretShownOnce,
		"This token was made before, and its secret is shown only once. If it never arrived, delete the token and make another.")
	errRequestIDReused = fault.New(fault.Invalid, fault.ReasonRequestIDReused,
		"This request was sent before with other fields. Send it again with a fresh request id.")
)
