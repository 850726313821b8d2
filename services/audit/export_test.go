package audit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/proto/auditpb"
)

// exported is an export before it is written: the header, and the activities by
// place.
type exported struct {
	header     *auditpb.ExportHeader
	activities []*auditpb.Activity
}

// download makes ann's export as anybody can: by the API.
func (tr *trail) download(server *Server) *exported {
	tr.t.Helper()
	trail, err := server.GetTrail(tr.as(tr.ann), &auditpb.GetTrailRequest{})
	if err != nil {
		tr.t.Fatal(err)
	}
	x := &exported{header: &auditpb.ExportHeader{Format: exportFormat, Version: exportVersion, Account: tr.ann, Trail: trail}}
	request := &auditpb.ListActivitiesRequest{PageSize: 3}
	for {
		page, err := server.ListActivities(tr.as(tr.ann), request)
		if err != nil {
			tr.t.Fatal(err)
		}
		for _, a := range page.GetActivities() {
			if a.GetChainPosition() <= trail.GetLength() {
				x.activities = append(x.activities, a)
			}
		}
		request.PageToken = page.GetNextPageToken()
		if request.GetPageToken() == "" {
			break
		}
	}
	slices.Reverse(x.activities)
	return x
}

// at gives the activity at a place.
func (x *exported) at(place int) *auditpb.Activity { return x.activities[place-1] }

// text is the file.
func (x *exported) text(t *testing.T) string {
	t.Helper()
	var file bytes.Buffer
	messages := []proto.Message{x.header}
	for _, a := range slices.Backward(x.activities) {
		messages = append(messages, a)
	}
	for _, message := range messages {
		line, err := protojson.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write(append(line, '\n'))
	}
	return file.String()
}

// rewrite makes the hashes and the header what they must be for the activities.
func (x *exported) rewrite() {
	h := genesis(x.header.GetAccount())
	for i, a := range x.activities {
		read := &export{wrong: map[string]string{}}
		a.ChainPosition = int64(i + 1)
		read.add(a)
		h = h.next(read.links[0].Event)
		a.ChainHash = h.String()
	}
	x.header.Trail.Length, x.header.Trail.Hash = int64(len(x.activities)), h.String()
}

// attackOnFile is something done to an export of ten activities, with a
// checkpoint at the eighth, and what must be found.
type attackOnFile struct {
	do   func(x *exported)
	want found // with the place for the name of the event
	// blind is true when the program in the documentation cannot see it.
	blind bool
}

func attacksOnFiles(t *testing.T) map[string]attackOnFile {
	all := map[string]attackOnFile{
		"an activity is left out":               {do: func(x *exported) { x.activities = slices.Delete(x.activities, 4, 5) }, want: found{missing, 5, ""}},
		"the first activity is left out":        {do: func(x *exported) { x.activities = x.activities[1:] }, want: found{missing, 1, ""}},
		"the last activity is left out":         {do: func(x *exported) { x.activities = x.activities[:9] }, want: found{missing, 10, ""}},
		"all activities are left out":           {do: func(x *exported) { x.activities = nil }, want: found{missing, 1, ""}},
		"an activity is there twice":            {do: func(x *exported) { x.activities = append(x.activities, x.at(5)) }, want: found{added, 5, "5"}},
		"two activities change places":          {do: func(x *exported) { x.at(5).ChainPosition, x.at(6).ChainPosition = 6, 5 }, want: found{changed, 5, "6"}},
		"a hash is changed":                     {do: func(x *exported) { x.at(5).ChainHash = strings.Repeat("0", 64) }, want: found{changed, 5, "5"}},
		"a hash is none":                        {do: func(x *exported) { x.at(5).ChainHash = "x" }, want: found{changed, 5, "5"}},
		"a time is finer than what is hashed":   {do: func(x *exported) { x.at(5).OccurTime.Nanos += 100 }, want: found{changed, 5, "5"}, blind: true},
		"a changed field is added":              {do: func(x *exported) { x.at(5).ChangedFields = []string{"title"} }, want: found{changed, 5, "5"}, blind: true},
		"a name is no activity's":               {do: func(x *exported) { x.at(5).Name = strings.TrimPrefix(x.at(5).GetName(), "activities/") }, want: found{changed, 5, "5"}, blind: true},
		"the header has another hash":           {do: func(x *exported) { x.header.Trail.Hash = strings.Repeat("0", 64) }, want: found{changed, 10, ""}},
		"the header says more":                  {do: func(x *exported) { x.header.Trail.Length = 11 }, want: found{missing, 11, ""}},
		"the header says less":                  {do: func(x *exported) { x.header.Trail.Length = 9 }, want: found{added, 10, "10"}},
		"the header is another account's":       {do: func(x *exported) { x.header.Account = bob }, want: found{changed, 1, "1"}},
		"an activity that is in no chain":       {do: func(x *exported) { x.activities = append(x.activities, inNoChain(x)) }, want: found{added, 0, "11"}},
		"an activity is added after the last":   {do: func(x *exported) { x.activities = append(x.activities, inNoChain(x)); x.at(11).ChainPosition = 11 }, want: found{added, 11, "11"}},
		"an activity is changed, and all anew":  {do: func(x *exported) { x.at(5).Subject = "notes/x"; x.rewrite() }, want: found{forged, 8, ""}},
		"an activity is left out, and all anew": {do: func(x *exported) { x.activities = slices.Delete(x.activities, 4, 5); x.rewrite() }, want: found{forged, 8, ""}},
		"the end is cut off, and all anew":      {do: func(x *exported) { x.activities = x.activities[:6]; x.rewrite() }, want: found{missing, 7, ""}},
		"the checkpoint says less":              {do: func(x *exported) { x.header.Trail.Checkpoint.Length = 7 }, want: found{forged, 7, ""}},
		"the checkpoint is of none":             {do: func(x *exported) { x.header.Trail.Checkpoint.Length = 0 }, want: found{forged, 0, ""}},
		"the checkpoint has another hash":       {do: func(x *exported) { x.header.Trail.Checkpoint.Hash = x.at(7).GetChainHash() }, want: found{forged, 8, ""}},
		"the checkpoint is younger":             {do: func(x *exported) { x.header.Trail.Checkpoint.SignTime.Seconds++ }, want: found{forged, 8, ""}},
		"the checkpoint has another signature": {do: func(x *exported) {
			x.header.Trail.Checkpoint.Signature = x.header.Trail.Checkpoint.GetSignature()[4:] + "AAAA"
		}, want: found{forged, 8, ""}},
		"the checkpoint has no signature": {do: func(x *exported) { x.header.Trail.Checkpoint.Signature = "" }, want: found{forged, 8, ""}},
		"all is made anew and signed by another": {do: func(x *exported) {
			x.at(5).Subject = "notes/x"
			x.rewrite()
			other := testKeys(t, base64.StdEncoding.EncodeToString([]byte(strings.Repeat("e", 32))))
			c := other.sign(Checkpoint{Account: x.header.GetAccount(), Seq: 10, Hash: parseHash(x.header.GetTrail().GetHash()), Time: time.Now().UTC().Truncate(time.Microsecond)})
			x.header.Trail.Checkpoint = other.toProto(&c)
		}, want: found{forged, 10, ""}},
	}
	for member, change := range map[string]func(a *auditpb.Activity){
		"id":      func(a *auditpb.Activity) { a.Name = activityName("x") },
		"source":  func(a *auditpb.Activity) { a.Source = "auth" },
		"type":    func(a *auditpb.Activity) { a.Type += "x" },
		"subject": func(a *auditpb.Activity) { a.Subject = "notes/x" },
		"version": func(a *auditpb.Activity) { a.SubjectVersion++ },
		"time": func(a *auditpb.Activity) {
			a.OccurTime = timestamppb.New(a.GetOccurTime().AsTime().Add(time.Microsecond))
		},
		"actor":       func(a *auditpb.Activity) { a.Actor = bob },
		"request id":  func(a *auditpb.Activity) { a.RequestId = "" },
		"traceparent": func(a *auditpb.Activity) { a.Traceparent = "00" },
		"data":        func(a *auditpb.Activity) { a.Data = `{"a":1}` },
	} {
		all["an activity's "+member+" is changed"] = attackOnFile{do: func(x *exported) { change(x.at(5)) }, want: found{changed, 5, "5"}}
	}
	return all
}

// inNoChain is an activity as it would be listed if it had no link.
func inNoChain(x *exported) *auditpb.Activity {
	return toActivity(link{Event: anEvent(x.header.GetAccount())})
}

func TestExport_OfATrailThatNobodyTouchedIsIntact(t *testing.T) {
	tr := newRig(t).newTrail()
	x, err := readExport(strings.NewReader(tr.download(tr.activityServer()).text(t)))
	if err != nil {
		t.Fatal(err)
	}
	finding, w := x.verify(tr.keys)
	if finding != nil || w.seq != 10 || w.checkpoint != 8 {
		t.Errorf("%+v, %d links, checkpoint of %d", finding, w.seq, w.checkpoint)
	}
}

func TestExport_OfAnEmptyTrailIsIntact(t *testing.T) {
	tr := newRig(t).newTrail()
	tr.ann = bob
	x, err := readExport(strings.NewReader(tr.download(tr.activityServer()).text(t)))
	if err != nil {
		t.Fatal(err)
	}
	finding, w := x.verify(tr.keys)
	if finding != nil || w.seq != 0 {
		t.Errorf("%+v, %d links", finding, w.seq)
	}
}

func TestExport_WhatWasDoneToTheFileIsFound(t *testing.T) {
	tr := newRig(t).newTrail()
	server := tr.activityServer()
	for name, a := range attacksOnFiles(t) {
		file := tr.download(server)
		a.do(file)
		want := a.want
		if want.Event != "" {
			var place int
			_, _ = fmt.Sscan(want.Event, &place)
			want.Event = strings.TrimPrefix(file.at(place).GetName(), "activities/")
		}
		x, err := readExport(strings.NewReader(file.text(t)))
		if err != nil {
			t.Fatal(err)
		}
		finding, _ := x.verify(tr.keys)
		if finding == nil || (found{finding.Kind, finding.Seq, finding.EventID}) != want {
			t.Errorf("%s: found %+v, want %+v", name, finding, want)
		}
	}
}

func TestExport_AFileThatIsNoneSaysSo(t *testing.T) {
	tr := newRig(t).newTrail()
	good := tr.download(tr.activityServer()).text(t)
	header, rest, _ := strings.Cut(good, "\n")
	for text, want := range map[string]string{
		"":                                       "line 1: ",
		"hello\n":                                "line 1: ",
		"{}\n":                                   "line 1 is not the header",
		rest:                                     "line 1: ",
		`{"format":"notejam trail","version":2}`: "line 1 is not the header",
		header + "\nhello\n":                     "line 2: ",
		header + "\n{\"unknown\":1}\n":           "line 2: ",
		header + "\n" + strings.Repeat("x", 2<<20): "line 2: ",
	} {
		_, err := readExport(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %s", text, err, want)
		}
	}
}

// documented is the program that docs/trail.md shows, as a file.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/trail.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of Python, want 2", len(blocks))
	}
	if lines := bytes.Count(blocks[0][1], []byte("\n")); lines > 25 {
		t.Errorf("the first has %d lines", lines)
	}
	file := filepath.Join(t.TempDir(), "trail.py")
	err = os.WriteFile(file, append(blocks[0][1], blocks[1][1]...), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// manyFiles runs the program on one file after the other, and prints what it
// said at its end of each, a line each: nothing when it found nothing.
const manyFiles = `
import contextlib, io, runpy, sys
program, key, *files = sys.argv[1:]
for file in files:
    sys.argv = [program, file, key]
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(program)
        print()
    except SystemExit as end:
        print(end)
`

func TestExport_TheProgramInTheDocumentationAgrees(t *testing.T) {
	tr := newRig(t).newTrail()
	server, program, key := tr.activityServer(), documented(t), tr.keys.publicKey(tr.keys.id)
	write := func(x *exported) string {
		file := filepath.Join(t.TempDir(), "trail.jsonl")
		err := os.WriteFile(file, []byte(x.text(t)), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	output, err := exec.CommandContext(t.Context(), "python3", program, write(tr.download(server)), key).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(output), "10 links are right\nthe first 8 links were signed on ") {
		t.Errorf("an untouched file: %v\n%s", err, output)
	}
	attacks := attacksOnFiles(t)
	names := slices.Sorted(maps.Keys(attacks))
	args := []string{"-c", manyFiles, program, key}
	for _, name := range names {
		file := tr.download(server)
		attacks[name].do(file)
		args = append(args, write(file))
	}
	output, err = exec.CommandContext(t.Context(), "python3", args...).CombinedOutput()
	said := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if err != nil || len(said) != len(names) {
		t.Fatalf("%v\n%s", err, output)
	}
	for i, name := range names {
		if (said[i] == "") != attacks[name].blind {
			t.Errorf("%s: it says %q", name, said[i])
		}
	}
}

func TestExport_IsCheckedWithPublicKeysAlone(t *testing.T) {
	tr := newRig(t).newTrail()
	keys, err := NewKeys(env.Secret{}, tr.keys.publicKey(tr.keys.id))
	if err != nil {
		t.Fatal(err)
	}
	x, err := readExport(strings.NewReader(tr.download(tr.activityServer()).text(t)))
	if err != nil {
		t.Fatal(err)
	}
	finding, _ := x.verify(keys)
	if finding != nil {
		t.Errorf("%+v", finding)
	}
}
