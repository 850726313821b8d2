package web

// Verify: audit computes a person's trail again and says whether it is as it was recorded; here that becomes plain words.
// A long trail takes several calls; when the page's time is over, the person goes on from there.

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// verifyPatience is how long a page begins new calls: the last of them still ends within the page's time.
const verifyPatience = pageTime - verifyTime - time.Second

const (
	sayNoVerify    = "Your activity cannot be verified right now. Nothing is lost; try again in a moment."
	sayVerifyStops = "The check could not go on right now. Try again in a moment."
	sayNoEntries   = "There are no entries to verify yet."
	sayWhatToDo    = "Download your activity now and keep the file. Then tell whoever runs this Notejam, with the ids below."
)

func (s *site) verifyActivity(v *visit) error {
	place := v.query("page")
	found, err := v.verifyTrail(place)
	view := VerifyView{Layout: v.layout("Verify your activity"), Next: place, RequestID: rpc.RequestID(v.r.Context())}
	view.Here = hereActivity
	status := http.StatusOK
	if err != nil {
		back, ok := v.setback(err)
		if !ok {
			return err
		}
		status, view.Notice = back.status, sayNoVerify
	}
	if found != nil {
		v.tellVerified(&view, found)
	}
	if found != nil && err != nil {
		view.Notice = sayVerifyStops
	}
	return v.show(status, pageVerify, view)
}

// verifyTrail asks until all is checked, something is found, or the patience is over. With an error it gives the answer
// before it, nil if there was none. A place that cannot be found is the beginning.
func (v *visit) verifyTrail(place string) (*auditpb.VerifyTrailResponse, error) {
	until := v.site.now().Add(verifyPatience)
	var last *auditpb.VerifyTrailResponse
	for {
		response, err := v.site.audit.VerifyTrail(v.ctx(), &auditpb.VerifyTrailRequest{PageToken: place})
		if last == nil && place != "" && fault.Is(err, fault.ReasonPageTokenInvalid) {
			place = ""
			continue
		}
		if err != nil {
			return last, fmt.Errorf("verify trail: %w", err)
		}
		last, place = response, response.GetNextPageToken()
		if place == "" || !v.site.now().Before(until) {
			return last, nil
		}
	}
}

// tellVerified words what was found.
func (v *visit) tellVerified(view *VerifyView, found *auditpb.VerifyTrailResponse) {
	checked := found.GetChecked()
	view.Next = found.GetNextPageToken()
	view.Finding = findingSentence(found)
	switch {
	case view.Finding != "":
		view.Advice = sayWhatToDo
		view.Entry = strings.TrimPrefix(found.GetActivity(), "activities/")
	case checked == 0:
		view.Result = sayNoEntries
	case view.Next != "":
		view.Result = "Nothing is wrong in the first " + entries(checked) + ". The check is not at its end yet."
	case checked == 1:
		view.Result = "The one entry is as it was recorded."
	default:
		view.Result = "All " + entries(checked) + " are as they were recorded."
	}
	statement := found.GetCheckpoint()
	if statement != nil {
		view.Signed, view.SignedEntries = v.when(statement.GetSignTime()), entries(statement.GetLength())
		view.Signed.Text = strings.ToLower(view.Signed.Text[:1]) + view.Signed.Text[1:] // inside a sentence
	}
	view.Unsigned = statement == nil && checked > 0 && view.Next == "" && view.Finding == ""
}

// findingSentence says what is wrong; nothing when nothing is.
func findingSentence(found *auditpb.VerifyTrailResponse) string {
	entry := "Entry " + thousands(found.GetChainPosition())
	switch found.GetFinding() {
	case auditpb.VerifyTrailResponse_FINDING_UNSPECIFIED:
		return ""
	case auditpb.VerifyTrailResponse_FINDING_CHANGED:
		return entry + " is not what it was when it was recorded."
	case auditpb.VerifyTrailResponse_FINDING_MISSING:
		return entry + " is missing."
	case auditpb.VerifyTrailResponse_FINDING_ADDED:
		return "There is an entry that was not recorded like the others."
	case auditpb.VerifyTrailResponse_FINDING_CHECKPOINT:
		return "What is stored and what was signed about the first " + entries(found.GetChainPosition()) + " do not agree."
	default:
		return "Something is not as it was recorded."
	}
}
