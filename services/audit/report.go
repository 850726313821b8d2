package audit

import (
	"fmt"
	"io"
	"strings"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// maxFindings is how many findings a report in JSON holds: the first ones tell
// enough, and a trail that was never adopted has one for each account.
const maxFindings = 1000

// report is what a check of one or many chains has found.
type report struct {
	Intact      bool            `json:"intact"`
	Chains      int             `json:"chains"`
	Broken      int             `json:"broken_chains"`
	Links       int64           `json:"links"`
	Checkpoints int64           `json:"checkpoints"`
	Unlinked    int             `json:"events_in_no_chain"`
	Findings    []reportFinding `json:"findings"`
}

// reportFinding is what is wrong first with one chain.
type reportFinding struct {
	Account  string `json:"account"`
	Finding  string `json:"finding"` // changed, missing, added or checkpoint
	Position int64  `json:"position,omitempty"`
	Activity string `json:"activity,omitempty"`
	Detail   string `json:"detail"`
}

func newReport() *report { return &report{Intact: true, Findings: []reportFinding{}} }

// add counts a chain, and what is wrong with it if anything is.
func (r *report) add(w walk, unlinked int, f *Finding) *reportFinding {
	r.Chains++
	r.Links += w.seq
	r.Checkpoints += w.checkpoints
	r.Unlinked += unlinked
	if f == nil {
		return nil
	}
	r.Intact = false
	r.Broken++
	line := reportFinding{Account: w.account, Finding: kindName(f.Kind), Position: f.Seq, Detail: f.Detail}
	if f.EventID != "" {
		line.Activity = activityName(f.EventID)
	}
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, line)
	}
	return &line
}

func kindName(kind auditpb.VerifyTrailResponse_Finding) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "FINDING_"))
}

// String is the finding as a person reads it.
func (f *reportFinding) String() string {
	var where strings.Builder
	_, _ = where.WriteString(chainName(f.Account) + ": " + f.Finding)
	if f.Position > 0 {
		_, _ = fmt.Fprintf(&where, " at place %d", f.Position)
	}
	if f.Activity != "" {
		_, _ = fmt.Fprintf(&where, ", %s", f.Activity)
	}
	return where.String() + ": " + f.Detail
}

func chainName(account string) string {
	if account == "" {
		return "the system's chain"
	}
	return "account " + account
}

// sum writes the last line.
func (r *report) sum(to io.Writer) error {
	verdict := "intact"
	if !r.Intact {
		verdict = fmt.Sprintf("%d broken", r.Broken)
	}
	_, err := fmt.Fprintf(to, "%d chains, %d links, %d checkpoints, %d events in no chain: %s\n", r.Chains, r.Links, r.Checkpoints, r.Unlinked, verdict)
	return err
}
