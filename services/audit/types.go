package audit

// knownTypes are the types of events that our services write. An event of
// another type is recorded like these, and counted: its producer is newer than
// this release, or a stranger. A test holds them to the policies of all RPCs.
var knownTypes = map[string]bool{
	"notejam.auth.account.created.v1":          true,
	"notejam.auth.session.created.v1":          true,
	"notejam.auth.session.ended.v1":            true,
	"notejam.auth.password.changed.v1":         true,
	"notejam.auth.password.reset.v1":           true,
	"notejam.auth.password_reset.requested.v1": true,
	"notejam.notes.note.created.v1":            true,
	"notejam.notes.note.updated.v1":            true,
	"notejam.notes.note.deleted.v1":            true,
	"notejam.notes.note.undeleted.v1":          true,
	"notejam.notes.pad.created.v1":             true,
	"notejam.notes.pad.updated.v1":             true,
	"notejam.notes.pad.deleted.v1":             true,
	"notejam.notes.pad.undeleted.v1":           true,
}
