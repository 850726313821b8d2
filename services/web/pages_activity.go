package web

// Activity: what happened to a person's account and notes, newest first. The words are in activity_words.go, the form
// above them in activity_filter.go, the picture in activity_picture.go.

import (
	"fmt"
	"net/http"
	"strings"

	"gitlab.com/notejam/notejam/proto/auditinternalpb"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// activitiesPerPage: a line each, so more than notes.
const activitiesPerPage = 25

const sayNoActivity = "Your activity cannot be shown right now. Nothing is lost; try again in a moment."

func (s *site) activity(v *visit) error {
	filter := v.activityFilter()
	page := v.query("page")
	response, err := s.trail.GetActivityPage(v.ctx(), &auditinternalpb.GetActivityPageRequest{
		Filter:    filter.conditions(v.location()),
		PageToken: page,
		PageSize:  activitiesPerPage,
		TimeZone:  v.location().String(),
	})
	view := ActivityView{Layout: v.layout("Activity"), Filter: filter.form()}
	view.Here = hereActivity
	if err != nil {
		back, ok := v.setback(err)
		if !ok {
			return fmt.Errorf("get activity: %w", err)
		}
		view.Notice = sayNoActivity
		return v.show(back.status, pageActivity, view)
	}
	view.Picture = picture(response.GetDayCounts(), response.GetToday().AsTime().In(v.location()))
	view.Rows = v.activityRows(response.GetActivities())
	if response.GetNextPageToken() != "" {
		view.Next = filter.path(response.GetNextPageToken())
	}
	if page != "" {
		view.Newest = filter.path("")
	}
	return v.show(http.StatusOK, pageActivity, view)
}

// hereActivity is the place in the account navigation of all pages about the trail.
const hereActivity = "activity"

func (v *visit) activityRows(activities []*auditpb.Activity) []ActivityRow {
	rows := make([]ActivityRow, 0, len(activities))
	gone := map[string]bool{} // the newest event of a subject, which comes first, says whether its page is still there
	for _, activity := range activities {
		subject := activity.GetSubject()
		_, told := gone[subject]
		if !told {
			gone[subject] = ends(activity.GetType())
		}
		row := activityRow(activity)
		if !gone[subject] && row.Thing != "" {
			row.Path = thingPath(subject)
		}
		row.At = v.when(activity.GetOccurTime())
		rows = append(rows, row)
	}
	return rows
}

// ends says that a type of event is the end of its subject's page.
func ends(kind string) bool {
	return strings.HasSuffix(kind, ".deleted.v1") || strings.HasSuffix(kind, ".purged.v1")
}
