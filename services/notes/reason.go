package notes

import "gitlab.com/notejam/notejam/platform/fault"

// The reasons that only this service gives; the others are in platform/fault.
const (
	// ReasonNoteNotFound is a note that does not exist or is not the caller's.
	ReasonNoteNotFound fault.Reason = "NOTE_NOT_FOUND"
	// ReasonPadNotFound is a pad that does not exist or is not the caller's.
	ReasonPadNotFound fault.Reason = "PAD_NOT_FOUND"
	// ReasonNoteLimitReached is a note beyond the most that a person can have, 100,000.
	ReasonNoteLimitReached fault.Reason = "NOTE_LIMIT_REACHED"
	// ReasonPadLimitReached is a pad beyond the most that a person can have, 1,000.
	ReasonPadLimitReached fault.Reason = "PAD_LIMIT_REACHED"
	// ReasonPadNotEmpty is a pad with notes that is to be deleted without force.
	ReasonPadNotEmpty fault.Reason = "PAD_NOT_EMPTY"
	// ReasonNotDeleted is something live that is to be restored.
	ReasonNotDeleted fault.Reason = "NOT_DELETED"
)

// Something of another person is not found, exactly like something that does not exist.
var (
	errNoteNotFound   = fault.New(fault.NotFound, ReasonNoteNotFound, "There is nothing here.")
	errPadNotFound    = fault.New(fault.NotFound, ReasonPadNotFound, "There is nothing here.")
	errNoteLimit      = fault.New(fault.Exhausted, ReasonNoteLimitReached, "You have 100,000 notes, which is the most. Delete some first.")
	errPadLimit       = fault.New(fault.Exhausted, ReasonPadLimitReached, "You have 1,000 pads, which is the most. Delete some first.")
	errPadNotEmpty    = fault.New(fault.Precondition, ReasonPadNotEmpty, "There are notes in this pad. Use force to delete them with it.")
	errNoteNotDeleted = fault.New(fault.Precondition, ReasonNotDeleted, "This note is not deleted.")
	errPadNotDeleted  = fault.New(fault.Precondition, ReasonNotDeleted, "This pad is not deleted.")
	errNoteChanged    = fault.New(fault.Aborted, fault.ReasonEtagMismatch, "This note was changed elsewhere since you opened it.")
	errPadChanged     = fault.New(fault.Aborted, fault.ReasonEtagMismatch, "This pad was changed elsewhere since you opened it.")
)
