package queuetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// record is one change of the state and one line of the journal. Which fields count depends on Op:
//
//	queue NAME CONFIG            in JSON
//	put NAME KEY ID SENT VISIBLE RECEIVED BYTES
//	the body, of that many bytes, on a line of its own
//	hide NAME KEY VISIBLE RECEIVED
//	move NAME KEY TO VISIBLE
//	delete NAME KEY
//	purge NAME
//
// Times are Unix nanoseconds. Names, keys and ids have no spaces in them. Before there were these lines, a record was one JSON object; those are read.
type record struct {
	Op      string
	Queue   string
	Config  *QueueConfig // opQueue
	Key     string       // opPut, opHide, opMove, opDelete
	ID      string       // opPut
	Body    string       // opPut
	Sent    time.Time    // opPut
	Visible time.Time    // opPut, opHide, opMove
	Count   int          `json:"received"` // opPut, opHide
	To      string       // opMove
}

// The operations of records.
const (
	opQueue  = "queue"  // make the queue, or give it this config
	opPut    = "put"    // add a message
	opHide   = "hide"   // set when it is visible, and how often it was received
	opMove   = "move"   // to the dead-letter queue
	opDelete = "delete" // one message
	opPurge  = "purge"  // all messages
)

// appendTo appends the record as it stands in a journal.
func (r record) appendTo(to []byte) []byte {
	word := func(text string) { to = append(append(to, ' '), text...) }
	number := func(n int64) { to = strconv.AppendInt(append(to, ' '), n, 10) }
	to = append(to, r.Op...)
	word(r.Queue)
	switch r.Op {
	case opQueue:
		config, err := json.Marshal(r.Config)
		if err != nil {
			panic(fmt.Sprintf("queuetest: a config is not JSON: %v", err))
		}
		word(string(config))
	case opPut:
		word(r.Key)
		word(r.ID)
		number(r.Sent.UnixNano())
		number(r.Visible.UnixNano())
		number(int64(r.Count))
		number(int64(len(r.Body)))
		to = append(append(to, '\n'), r.Body...)
	case opHide:
		word(r.Key)
		number(r.Visible.UnixNano())
		number(int64(r.Count))
	case opMove:
		word(r.Key)
		word(r.To)
		number(r.Visible.UnixNano())
	case opDelete:
		word(r.Key)
	}
	return append(to, '\n')
}

// recordBytes has room for the longest body and what stands before it.
const recordBytes = maxBodyBytes + 4096

// readRecord reads the next record and says how many bytes it has. At the end it answers io.EOF, in the middle of a record io.ErrUnexpectedEOF. The
// reader's buffer has recordBytes.
func readRecord(from *bufio.Reader) (r record, size int, err error) {
	line, err := from.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) > 0:
		return record{}, 0, io.ErrUnexpectedEOF
	case err != nil:
		return record{}, 0, err
	}
	size = len(line)
	if line[0] == '{' {
		err = json.Unmarshal(line, &r)
		return r, size, err
	}
	r, body, err := parseRecord(line)
	if err != nil || r.Op != opPut {
		return r, size, err
	}
	text, err := from.Peek(body + 1)
	switch {
	case errors.Is(err, io.EOF):
		return record{}, 0, io.ErrUnexpectedEOF
	case err != nil:
		return record{}, 0, err
	case text[body] != '\n':
		return record{}, 0, errors.New("the body does not end where it should")
	}
	r.Body = string(text[:body])
	_, err = from.Discard(body + 1)
	return r, size + body + 1, err
}

// parseRecord reads a record's line, and from that of a put how many bytes the body has.
func parseRecord(line []byte) (r record, body int, err error) {
	words := words{rest: bytes.TrimSuffix(line, []byte("\n"))}
	r = record{Op: words.text(), Queue: words.text()}
	switch r.Op {
	case opQueue:
		err = json.Unmarshal(words.rest, &r.Config)
		words.rest = nil
	case opPut:
		r.Key, r.ID = words.text(), words.text()
		r.Sent, r.Visible = words.time(), words.time()
		r.Count, body = words.number(), words.number()
		if r.ID == r.Key {
			r.ID = r.Key // most are, and share the memory
		}
	case opHide:
		r.Key, r.Visible, r.Count = words.text(), words.time(), words.number()
	case opMove:
		r.Key, r.To, r.Visible = words.text(), words.text(), words.time()
	case opDelete:
		r.Key = words.text()
	case opPurge:
	default:
		return record{}, 0, fmt.Errorf("unknown operation %q", r.Op)
	}
	if words.bad || len(words.rest) > 0 || body < 0 || body > maxBodyBytes {
		err = errors.Join(err, fmt.Errorf("this is no %s: %q", r.Op, line))
	}
	return r, body, err
}

// words takes a line apart, word by word.
type words struct {
	rest []byte
	bad  bool // a word was missing, or no number
}

func (w *words) next() []byte {
	word, rest, _ := bytes.Cut(w.rest, []byte(" "))
	w.bad = w.bad || len(word) == 0
	w.rest = rest
	return word
}

func (w *words) text() string { return string(w.next()) }

func (w *words) number() int { return int(w.int64()) }

func (w *words) time() time.Time { return time.Unix(0, w.int64()) }

func (w *words) int64() int64 {
	n, err := strconv.ParseInt(string(w.next()), 10, 64)
	w.bad = w.bad || err != nil
	return n
}
