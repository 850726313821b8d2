package web

// The download of a person's trail: JSON Lines as docs/trail.md describes them, so that it can be checked without us. It
// is written page by page and never whole in memory. When it cannot be finished the connection is cut, so that nobody
// takes a part for the whole.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

const (
	// exportTime is how long a download may take: enough for some millions of entries.
	exportTime = 5 * time.Minute
	// exportPatience is how long a page of it, some 60 KB, may be on its way to the reader.
	exportPatience = 20 * time.Second
	// exportPage is the most that audit gives at once.
	exportPage = 100
	// maxExports is how many are written at the same time: each keeps audit busy, and whoever reads a page comes first.
	maxExports = 4

	exportFormat = "notejam trail"
	exportType   = "application/jsonl; charset=utf-8"
)

var errExportsBusy = fault.New(fault.Unavailable, fault.ReasonOverloaded, "Too many downloads are under way. Try again in a moment.")

func (s *site) exportActivity(v *visit) error {
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errExportsBusy
	}
	trail, err := s.audit.GetTrail(v.ctx(), &auditpb.GetTrailRequest{})
	if err != nil {
		return fmt.Errorf("get trail: %w", err)
	}
	var text bytes.Buffer
	err = writeExportLine(&text, &auditpb.ExportHeader{Format: exportFormat, Version: 1, Account: v.person.ID, Trail: trail})
	if err != nil {
		return err
	}
	next, err := v.exportPage(&text, trail, "")
	if err != nil {
		return err
	}
	header := v.w.Header()
	header.Set("Content-Type", exportType)
	header.Set("Content-Disposition", `attachment; filename="notejam-activity-`+s.now().UTC().Format(dayLayout)+`.jsonl"`)
	header.Set("Content-Security-Policy", dataPolicy)
	if v.r.Method == http.MethodHead {
		return nil
	}
	err = v.sendExport(&text, trail, next)
	if err != nil {
		v.cut(err)
	}
	return nil
}

// sendExport sends what is in text, and then page after page.
func (v *visit) sendExport(text *bytes.Buffer, trail *auditpb.Trail, next string) error {
	control := http.NewResponseController(v.w)
	for {
		err := control.SetWriteDeadline(time.Now().Add(exportPatience))
		if err != nil {
			return fmt.Errorf("give the reader time: %w", err)
		}
		_, err = v.w.Write(text.Bytes())
		if err != nil {
			return fmt.Errorf("send export: %w", err)
		}
		err = control.Flush()
		if err != nil {
			return fmt.Errorf("send export: %w", err)
		}
		if next == "" {
			return nil
		}
		err = v.signedIn(forAudit) // access tokens live shorter than a long download; a session that ends, ends it
		if err != nil {
			return err
		}
		text.Reset()
		next, err = v.exportPage(text, trail, next)
		if err != nil {
			return err
		}
	}
}

// exportPage appends a page of entries and gives the token of the next. What was recorded after the trail was measured
// is in no line: the measure would not cover it.
func (v *visit) exportPage(text *bytes.Buffer, trail *auditpb.Trail, token string) (next string, err error) {
	page, err := v.site.audit.ListActivities(v.ctx(), &auditpb.ListActivitiesRequest{PageSize: exportPage, PageToken: token})
	if err != nil {
		return "", fmt.Errorf("list activities: %w", err)
	}
	for _, activity := range page.GetActivities() {
		if activity.GetChainPosition() > trail.GetLength() {
			continue
		}
		err = writeExportLine(text, activity)
		if err != nil {
			return "", err
		}
	}
	return page.GetNextPageToken(), nil
}

// writeExportLine writes a message as one line, always with the same blanks, which protojson does not promise.
func writeExportLine(text *bytes.Buffer, message proto.Message) error {
	line, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("write line of export: %w", err)
	}
	err = json.Compact(text, line)
	if err != nil {
		return fmt.Errorf("write line of export: %w", err)
	}
	text.WriteByte('\n')
	return nil
}
