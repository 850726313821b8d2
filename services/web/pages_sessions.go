package web

// Sessions: where a person is signed in, and buttons that end what should not go on. This one has a link to sign out instead.

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/authpb"
)

const (
	sessionsPath      = "/settings/sessions/"
	sessionCollection = "sessions/"

	// endOthers is what the button for all other sessions sends; each other button sends an id.
	endOthers = "others"
)

func (s *site) listSessions(v *visit) error {
	response, err := s.auth.ListSessions(v.ctx(), &authpb.ListSessionsRequest{})
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	all := response.GetSessions()
	slices.SortStableFunc(all, func(a, b *authpb.Session) int {
		return b.GetLastUseTime().AsTime().Compare(a.GetLastUseTime().AsTime())
	})
	view := SessionsView{Layout: v.layout("Sessions"), Hidden: v.hidden(), Others: len(all) > 1}
	view.Here = hereAccount
	view.Hidden.RequestID = "" // ending what has ended changes nothing
	for _, session := range all {
		view.Rows = append(view.Rows, v.sessionRow(session))
	}
	return v.show(http.StatusOK, pageSessions, view)
}

func (v *visit) sessionRow(session *authpb.Session) SessionRow {
	row := SessionRow{
		ID:      strings.TrimPrefix(session.GetName(), sessionCollection),
		Device:  session.GetDevice(),
		Network: session.GetNetwork(),
		Started: v.when(session.GetCreateTime()),
		Used:    v.when(session.GetLastUseTime()),
		Current: session.GetCurrent(),
	}
	if row.Device == "" || row.Device == unknownDevice {
		row.Device = "Unknown device"
	}
	return row
}

// endSessions ends one session or all others. One that is not there any more has ended already.
func (s *site) endSessions(v *visit) error {
	which, said := v.field("end"), flashSessionEnded
	var err error
	if which == endOthers {
		said = flashOthersEnded
		_, err = s.auth.EndOtherSessions(v.ctx(), &authpb.EndOtherSessionsRequest{RequestId: uuid.NewString()})
	} else {
		_, err = s.auth.DeleteSession(v.ctx(), &authpb.DeleteSessionRequest{Name: sessionCollection + which, RequestId: uuid.NewString()})
	}
	if perhapsDone(err) {
		s.sessions.forgetPerson(v.person.ID) // this process may hold tokens of what ended
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return fmt.Errorf("end sessions: %w", err)
	}
	return v.done(said, sessionsPath)
}
