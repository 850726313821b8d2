package web

// Activity: what happened to a person's account and notes, in words. Events hold ids and names of fields, never what was
// written, so a sentence can only link to the note it tells of.

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// activitiesPerPage: a line each, so more than notes.
const activitiesPerPage = 25

const sayNoActivity = "Your activity cannot be shown right now. Nothing is lost; try again in a moment."

// happened words the types of events; the subject, where there is one, follows between the two parts.
var happened = map[string]struct{ before, subject string }{
	"notejam.auth.account.created.v1":          {before: "You signed up."},
	"notejam.auth.session.created.v1":          {before: "You signed in."},
	"notejam.auth.session.ended.v1":            {before: "You signed out."},
	"notejam.auth.password.changed.v1":         {before: "You changed your password."},
	"notejam.auth.password_reset.requested.v1": {before: "A mail to reset your password was asked for."},
	"notejam.auth.password.reset.v1":           {before: "Your password was reset."},
	"notejam.notes.note.created.v1":            {"You created ", "a note"},
	"notejam.notes.note.updated.v1":            {"You changed ", "a note"},
	"notejam.notes.note.deleted.v1":            {"You deleted ", "a note"},
	"notejam.notes.note.undeleted.v1":          {"You restored ", "a note"},
	"notejam.notes.pad.created.v1":             {"You created ", "a pad"},
	"notejam.notes.pad.updated.v1":             {"You renamed ", "a pad"},
	"notejam.notes.pad.deleted.v1":             {"You deleted ", "a pad"},
	"notejam.notes.pad.undeleted.v1":           {"You restored ", "a pad"},
}

// fieldWords are the fields of notes as the pages call them.
var fieldWords = map[string]string{"title": "name", "text": "text", "pad": "pad"}

func (s *site) activity(v *visit) error {
	page := v.query("page")
	response, err := v.activities(page)
	if fault.KindOf(err) == fault.Invalid {
		page = ""
		response, err = v.activities(page)
	}
	view := ActivityView{Layout: v.layout("Activity")}
	view.Here = "activity"
	if err != nil {
		back, ok := v.setback(err)
		if !ok {
			return err
		}
		view.Notice = sayNoActivity
		return v.show(back.status, pageActivity, view)
	}
	view.Rows = v.activityRows(response.GetActivities())
	if response.GetNextPageToken() != "" {
		view.Older = "?page=" + url.QueryEscape(response.GetNextPageToken())
	}
	if page != "" {
		view.Newest = "/settings/activity/"
	}
	return v.show(http.StatusOK, pageActivity, view)
}

func (v *visit) activities(page string) (*auditpb.ListActivitiesResponse, error) {
	response, err := v.site.audit.ListActivities(v.ctx(), &auditpb.ListActivitiesRequest{PageSize: activitiesPerPage, PageToken: page})
	if err != nil {
		return nil, fmt.Errorf("list activities: %w", err)
	}
	return response, nil
}

func (v *visit) activityRows(activities []*auditpb.Activity) []ActivityRow {
	rows := make([]ActivityRow, 0, len(activities))
	gone := map[string]bool{} // the newest event of a subject, which comes first, says whether its page is still there
	for _, activity := range activities {
		subject := activity.GetSubject()
		_, told := gone[subject]
		if !told {
			gone[subject] = strings.HasSuffix(activity.GetType(), ".deleted.v1")
		}
		row := activityRow(activity)
		if !gone[subject] && row.Subject != "" {
			row.Path = pathOf(subject)
		}
		row.At = v.when(activity.GetOccurTime())
		rows = append(rows, row)
	}
	return rows
}

func activityRow(activity *auditpb.Activity) ActivityRow {
	words, known := happened[activity.GetType()]
	if !known {
		return ActivityRow{Before: "Something happened that this page has no words for: " + activity.GetType() + "."}
	}
	row := ActivityRow{Before: words.before, Subject: words.subject}
	if words.subject == "" {
		return row
	}
	row.After = "."
	var fields []string
	for _, field := range activity.GetChangedFields() {
		if word := fieldWords[field]; word != "" {
			fields = append(fields, word)
		}
	}
	if strings.HasSuffix(activity.GetType(), "note.updated.v1") && len(fields) > 0 {
		row.After = ": its " + strings.Join(fields, ", ") + "."
	}
	return row
}
