package audit

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"gitlab.com/notejam/notejam/proto/auditpb"
)

// An exported trail is a file in JSON Lines: a header, and then activities, as
// docs/trail.md says. It is checked without the database it came from.
const (
	exportFormat  = "notejam trail"
	exportVersion = 1
	// maxLine is more than the largest event takes when each of its bytes is
	// escaped.
	maxLine = 1 << 20
)

// export is what the file holds.
type export struct {
	account    string
	length     int64
	hash       string
	checkpoint *Checkpoint // nil for none
	links      []storedLink
	unlinked   []string          // ids of activities that are in no chain
	wrong      map[string]string // ids of activities that say of themselves what is not so, and what
}

// readExport reads the file. That it can be read does not say that it is right.
func readExport(from io.Reader) (*export, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxLine)
	var header auditpb.ExportHeader
	n := 1
	err := readLine(lines, &header)
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	if header.GetFormat() != exportFormat || header.GetVersion() != exportVersion {
		return nil, fmt.Errorf("line 1 is not the header of a %s of version %d", exportFormat, exportVersion)
	}
	trail := header.GetTrail()
	x := &export{account: header.GetAccount(), length: trail.GetLength(), hash: trail.GetHash(), wrong: map[string]string{}}
	x.checkpoint = readCheckpoint(trail.GetCheckpoint())
	for {
		var a auditpb.Activity
		n++
		err = readLine(lines, &a)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		x.add(&a)
	}
	slices.SortStableFunc(x.links, func(a, b storedLink) int { return cmp.Compare(a.Seq, b.Seq) })
	return x, nil
}

func readLine(lines *bufio.Scanner, into proto.Message) error {
	if !lines.Scan() {
		return cmp.Or(lines.Err(), io.EOF)
	}
	return protojson.Unmarshal(lines.Bytes(), into)
}

// readCheckpoint takes what is signed. What cannot be read is left empty, and
// then the signature is not right.
func readCheckpoint(c *auditpb.Checkpoint) *Checkpoint {
	if c == nil {
		return nil
	}
	signature, _ := base64.StdEncoding.DecodeString(c.GetSignature())
	return &Checkpoint{
		Account: c.GetAccount(), Seq: c.GetLength(), Hash: parseHash(c.GetHash()), Time: c.GetSignTime().AsTime(), KeyID: c.GetKeyId(), Signature: signature,
	}
}

// parseHash gives the zero hash, which is nobody's, for what is none.
func parseHash(text string) (h Hash) {
	raw, err := hex.DecodeString(text)
	if err == nil && len(raw) == len(h) {
		copy(h[:], raw)
	}
	return h
}

// add takes an activity as the event that it tells of. Some of its members are
// not in the hash as they stand.
func (x *export) add(a *auditpb.Activity) {
	id := strings.TrimPrefix(a.GetName(), activityName(""))
	at := a.GetOccurTime().AsTime()
	if a.GetChainPosition() <= 0 {
		x.unlinked = append(x.unlinked, id)
		return
	}
	x.links = append(x.links, storedLink{link: link{
		Event: Event{
			ID: id, Source: a.GetSource(), Type: a.GetType(), Subject: a.GetSubject(), SubjectVersion: a.GetSubjectVersion(),
			Time: at, Actor: a.GetActor(), RequestID: a.GetRequestId(), Traceparent: a.GetTraceparent(), Data: json.RawMessage(a.GetData()),
		},
		Seq: a.GetChainPosition(), Hash: parseHash(a.GetChainHash()),
	}})
	switch {
	case a.GetName() != activityName(id):
		x.wrong[id] = "name is not that of an activity"
	case !slices.Equal(a.GetChangedFields(), changedFields(json.RawMessage(a.GetData()))):
		x.wrong[id] = "changedFields is not what data says"
	case !at.Equal(at.Truncate(time.Microsecond)):
		x.wrong[id] = "occurTime has more than six decimals"
	}
}

// verify follows the chain of the file and gives what is wrong first.
func (x *export) verify(keys *Keys) (*Finding, *walk) {
	w := newWalk(x.account)
	for _, l := range x.links {
		finding := x.verifyLink(&w, l)
		if finding == nil && x.checkpoint != nil && x.checkpoint.Seq == w.seq && w.checkpoint == 0 {
			finding = x.verifyCheckpoint(&w, keys)
		}
		if finding != nil {
			return finding, &w
		}
	}
	switch {
	case w.seq < x.length:
		return &Finding{Kind: missing, Seq: w.seq + 1, Detail: fmt.Sprintf("the header says that there are %d links", x.length)}, &w
	case w.hash.String() != x.hash:
		return &Finding{Kind: changed, Seq: w.seq, Detail: "the header has another hash"}, &w
	case x.checkpoint != nil && x.checkpoint.Seq > w.seq:
		return w.beyond(keys, *x.checkpoint), &w
	case x.checkpoint != nil && w.checkpoint == 0:
		return &Finding{Kind: forged, Seq: x.checkpoint.Seq, Detail: "the checkpoint is of no link"}, &w
	case len(x.unlinked) > 0:
		return &Finding{Kind: added, EventID: x.unlinked[0], Detail: "this activity is in no chain"}, &w
	}
	return nil, &w
}

func (x *export) verifyLink(w *walk, l storedLink) *Finding {
	if l.Seq > x.length && w.seq == x.length {
		return &Finding{Kind: added, Seq: l.Seq, EventID: l.ID, Detail: fmt.Sprintf("the header says that there are %d links", x.length)}
	}
	finding := w.next(l)
	if finding == nil && x.wrong[l.ID] != "" {
		return &Finding{Kind: changed, Seq: l.Seq, EventID: l.ID, Detail: x.wrong[l.ID]}
	}
	return finding
}

func (x *export) verifyCheckpoint(w *walk, keys *Keys) *Finding {
	if x.checkpoint.Account != x.account {
		return &Finding{Kind: forged, Seq: x.checkpoint.Seq, Detail: "the checkpoint is another account's"}
	}
	return w.meet(keys, *x.checkpoint)
}
