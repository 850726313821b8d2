package fault

// Reason is the machine-readable why of an error, as ErrorInfo.reason. A
// service's own reasons are constants of this type beside its rules; those
// that every service can give are here.
type Reason string

// The reasons that any service can answer with.
const (
	// ReasonInternal is our fault; nothing more is told.
	ReasonInternal Reason = "INTERNAL"
	// ReasonFieldInvalid is a request with wrong fields; each has its field violation.
	ReasonFieldInvalid Reason = "FIELD_INVALID"
	// ReasonRequestMalformed is a message that could not be read.
	ReasonRequestMalformed Reason = "REQUEST_MALFORMED"
	// ReasonRequestTooLarge is a message over the size limit.
	ReasonRequestTooLarge Reason = "REQUEST_TOO_LARGE"
	// ReasonRequestIDReused is a request_id that came before with other fields.
	ReasonRequestIDReused Reason = "REQUEST_ID_REUSED"
	// ReasonRequestInProgress is a request_id whose first attempt still runs.
	ReasonRequestInProgress Reason = "REQUEST_IN_PROGRESS"
	// ReasonPageTokenInvalid is a page token that cannot be read or belongs to another list.
	ReasonPageTokenInvalid Reason = "PAGE_TOKEN_INVALID"
	// ReasonEtagMismatch is a write to something that changed since it was read; over REST 412 when the header If-Match named the etag.
	ReasonEtagMismatch Reason = "ETAG_MISMATCH"
	// ReasonTokenInvalid is a missing, wrong or expired token.
	ReasonTokenInvalid Reason = "TOKEN_INVALID"
	// ReasonScopeMissing is a token without the scope that the method needs.
	ReasonScopeMissing Reason = "SCOPE_MISSING"
	// ReasonCallerDenied is a service that may not call the method.
	ReasonCallerDenied Reason = "CALLER_DENIED"
	// ReasonUnavailable is a dependency that is away.
	ReasonUnavailable Reason = "SERVICE_UNAVAILABLE"
	// ReasonReadOnly is a write while everything can only be read.
	ReasonReadOnly Reason = "READ_ONLY"
	// ReasonOverloaded is work refused because too much of it is under way.
	ReasonOverloaded Reason = "OVERLOADED"
	// ReasonOutcomeUnknown is a write that may or may not have happened; the same request_id tells.
	ReasonOutcomeUnknown Reason = "OUTCOME_UNKNOWN"
	// ReasonLockTimeout is a write that waited too long for another one.
	ReasonLockTimeout Reason = "LOCK_TIMEOUT"
	// ReasonDeadline is a deadline that ran out.
	ReasonDeadline Reason = "DEADLINE_EXCEEDED"
	// ReasonCanceled is a caller who went away.
	ReasonCanceled Reason = "CANCELED"
	// ReasonNotFound is something that is not there, of which nothing more is known.
	ReasonNotFound Reason = "NOT_FOUND"
	// ReasonAlreadyExists is something that cannot be made twice, of which nothing more is known.
	ReasonAlreadyExists Reason = "ALREADY_EXISTS"
	// ReasonAborted is a write that lost to another one, of which nothing more is known.
	ReasonAborted Reason = "ABORTED"
	// ReasonPrecondition is a request that the state of things does not allow, of which nothing more is known.
	ReasonPrecondition Reason = "FAILED_PRECONDITION"
	// ReasonUnimplemented is a method that the server does not have.
	ReasonUnimplemented Reason = "UNIMPLEMENTED"
)
