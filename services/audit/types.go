package audit

// knownTypes are the types of events that our services write. An event of
// another type is recorded like these, and counted: its producer is newer than
// this release, or a stranger. Tests hold them to the policies of all RPCs and to
// docs/events.md.
var knownTypes = map[string]bool{
	"notejam.auth.access.denied.v1":            true,
	"notejam.auth.account.created.v1":          true,
	"notejam.auth.epoch.bumped.v1":             true,
	"notejam.auth.password.changed.v1":         true,
	"notejam.auth.password.reset.v1":           true,
	"notejam.auth.password_reset.requested.v1": true,
	"notejam.auth.session.created.v1":          true,
	"notejam.auth.session.ended.v1":            true,
	"notejam.auth.session.used.v1":             true,
	"notejam.auth.sign_in.failed.v1":           true,
	"notejam.auth.signing_key.created.v1":      true,
	"notejam.auth.signing_key.deleted.v1":      true,
	"notejam.auth.token.created.v1":            true,
	"notejam.auth.token.deleted.v1":            true,
	"notejam.notes.access.denied.v1":           true,
	"notejam.notes.note.created.v1":            true,
	"notejam.notes.note.deleted.v1":            true,
	"notejam.notes.note.purged.v1":             true,
	"notejam.notes.note.undeleted.v1":          true,
	"notejam.notes.note.updated.v1":            true,
	"notejam.notes.pad.created.v1":             true,
	"notejam.notes.pad.deleted.v1":             true,
	"notejam.notes.pad.purged.v1":              true,
	"notejam.notes.pad.undeleted.v1":           true,
	"notejam.notes.pad.updated.v1":             true,
}
