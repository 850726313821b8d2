package web

// What happened, in words. Events hold ids and names of fields, never what was written, so a sentence can only link to
// the note it tells of.

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// words are the sentence for a type of event: before, the thing if there is one, and a full stop.
type words struct {
	before, thing string
	many          string // instead of before, for an event that stands for several; %s is their number
}

var happened = map[string]words{
	"notejam.auth.account.created.v1":          {before: "You signed up."},
	"notejam.auth.session.created.v1":          {before: "You signed in."},
	"notejam.auth.session.used.v1":             {before: "You came back, still signed in."},
	sessionEnded:                               {before: "A session ended."},
	"notejam.auth.password.changed.v1":         {before: "You changed your password."},
	"notejam.auth.password_reset.requested.v1": {before: "A mail to reset your password was asked for."},
	"notejam.auth.password.reset.v1":           {before: "Your password was reset."},
	"notejam.auth.sign_in.failed.v1":           {before: "A try to sign in failed.", many: "%s failed tries to sign in."},
	"notejam.auth.access.denied.v1":            {before: oneDenied, many: manyDenied},
	"notejam.auth.token.created.v1":            {before: "You made a token for a program."},
	tokenDeleted:                               {before: "A token ended."},
	"notejam.notes.note.created.v1":            {before: "You created ", thing: "a note"},
	noteUpdated:                                {before: "You edited ", thing: "a note"},
	"notejam.notes.note.deleted.v1":            {before: "You deleted ", thing: "a note"},
	noteUndeleted:                              {before: "You restored ", thing: "a note"},
	"notejam.notes.note.purged.v1":             {before: "A deleted note was removed for good."},
	"notejam.notes.pad.created.v1":             {before: "You created ", thing: "a pad"},
	"notejam.notes.pad.updated.v1":             {before: "You renamed ", thing: "a pad"},
	"notejam.notes.pad.deleted.v1":             {before: "You deleted ", thing: "a pad"},
	"notejam.notes.pad.undeleted.v1":           {before: "You restored ", thing: "a pad"},
	"notejam.notes.pad.purged.v1":              {before: "A deleted pad was removed for good."},
	"notejam.notes.access.denied.v1":           {before: oneDenied, many: manyDenied},
}

const (
	noteUpdated   = "notejam.notes.note.updated.v1"
	noteUndeleted = "notejam.notes.note.undeleted.v1"
	sessionEnded  = "notejam.auth.session.ended.v1"
	tokenDeleted  = "notejam.auth.token.deleted.v1"

	oneDenied  = "A request was refused: it had no right to do what it asked for."
	manyDenied = "%s requests were refused: they had no right to do what they asked for."
)

// endings say why a session ended.
var endings = map[string]string{
	"signed_out":        "You signed out.",
	"ended_by_person":   "You ended another session.",
	"password_changed":  "A session ended because your password was changed.",
	"password_reset":    "A session ended because your password was reset.",
	"sign_in_repeated":  "A session ended because its sign-in was sent again.",
	"too_many_sessions": "Your oldest session ended to make room for a new one.",
	"expired":           "A session expired.",
	"epoch_bumped":      "A session ended because everybody has to sign in again.",
}

// tokenEndings say why a token ended.
var tokenEndings = map[string]string{
	"deleted_by_person": "You deleted a token.",
	"password_changed":  "A token ended because your password was changed.",
	"password_reset":    "A token ended because your password was reset.",
	"expired":           "A token expired.",
	"epoch_bumped":      "A token ended because everybody has to make new ones.",
}

// noteChanges are what a person does to a note by changing a field, in the order in which a sentence names them.
var noteChanges = []struct{ field, verb string }{{"text", "edited"}, {"title", "renamed"}, {"pad", "moved"}}

// activityRow words one activity; where it was done from is beside the sentence.
func activityRow(activity *auditpb.Activity) ActivityRow {
	more := detailsOf(activity)
	row := ActivityRow{RequestID: activity.GetRequestId(), From: more.from()}
	said, known := happened[activity.GetType()]
	if !known {
		row.Before = "Something happened that this page has no words for: " + activity.GetType() + "."
		return row
	}
	row.Before, row.Thing = said.before, said.thing
	if said.many != "" && more.Count > 1 {
		row.Before = strings.Replace(said.many, "%s", thousands(more.Count), 1)
	}
	switch activity.GetType() {
	case noteUpdated:
		row.Before = "You " + verbsOf(activity.GetChangedFields()) + " "
	case sessionEnded:
		row.Before = cmp.Or(endings[more.Reason], said.before)
	case tokenDeleted:
		row.Before = cmp.Or(tokenEndings[more.Reason], said.before)
	}
	switch {
	case activity.GetType() == noteUndeleted && slices.Contains(activity.GetChangedFields(), "pad"):
		row.After = ", in no pad: the one it was in is gone."
	case said.thing != "":
		row.After = more.withNotes() + "."
	}
	return row
}

func verbsOf(fields []string) string {
	changed := make(map[string]bool, len(fields))
	for _, field := range fields {
		changed[field] = true
	}
	var verbs []string
	for _, change := range noteChanges {
		if changed[change.field] {
			verbs = append(verbs, change.verb)
		}
	}
	switch n := len(verbs); n {
	case 0:
		return "edited"
	case 1:
		return verbs[0]
	default:
		return strings.Join(verbs[:n-1], ", ") + " and " + verbs[n-1]
	}
}

// details are what the data of an event may hold for this page; docs/events.md has them by type.
type details struct {
	Device    string `json:"device"`     // "Firefox on Linux"
	Network   string `json:"network"`    // "203.0.113.0/24"
	Reason    string `json:"reason"`     // why a session or a token ended
	Count     int64  `json:"count"`      // how many times it happened
	NoteCount int64  `json:"note_count"` // how many notes went with a pad
}

// detailsOf reads an activity's data; what is not as expected is left out.
func detailsOf(activity *auditpb.Activity) details {
	var found details
	err := json.Unmarshal([]byte(activity.GetData()), &found)
	if err != nil {
		return details{}
	}
	return found
}

// from says what it was done with, and from where.
func (d details) from() string {
	device := d.Device
	if device == "unknown" {
		device = "Unknown device"
	}
	var parts []string
	for _, part := range []string{device, d.Network} {
		if part != "" && isPlain(part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// withNotes says how many notes a pad took with it.
func (d details) withNotes() string {
	switch {
	case d.NoteCount < 1:
		return ""
	case d.NoteCount == 1:
		return " and its note"
	default:
		return " and its " + thousands(d.NoteCount) + " notes"
	}
}

// maxDetail is longer than every name of a device or network that auth writes.
const maxDetail = 100

// isPlain says that a text can stand in a line: it is short, and none of its characters turns the line round or hides.
func isPlain(text string) bool {
	unplain := func(r rune) bool { return !unicode.IsPrint(r) }
	return len(text) <= maxDetail && utf8.ValidString(text) && !strings.ContainsFunc(text, unplain)
}

// thingPath gives the page of a note or pad; a subject that is neither has none.
func thingPath(subject string) string {
	kind, id, _ := strings.Cut(subject, "/")
	if kind != "notes" && kind != "pads" || uuid.Validate(id) != nil {
		return ""
	}
	return pathOf(subject)
}

// thousands writes a number as people read it: 1,234.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
