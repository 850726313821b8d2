package queuetest

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRecord_IsReadAsItWasWritten(t *testing.T) {
	at := time.Unix(0, 1772600767123456789)
	written := []record{
		{Op: opQueue, Queue: "q", Config: &QueueConfig{Name: "q", Visibility: time.Minute, DeadLetter: "dead", MaxReceive: 3}},
		{Op: opPut, Queue: "q", Key: "k", ID: "i", Body: "two\nlines and a\x00\n", Sent: at, Visible: at.Add(time.Second), Count: 7},
		{Op: opPut, Queue: "q", Key: "same", ID: "same", Body: "put q k k 0 0 0 1", Sent: at, Visible: at.Add(-time.Hour)},
		{Op: opHide, Queue: "q", Key: "k", Visible: at, Count: 1000},
		{Op: opMove, Queue: "q", Key: "k", To: "dead", Visible: at},
		{Op: opDelete, Queue: "q", Key: "k"},
		{Op: opPurge, Queue: "q"},
	}
	var text []byte
	for _, r := range written {
		text = r.appendTo(text)
	}
	var read []record
	size, err := replay(bytes.NewReader(text), func(r record) error {
		read = append(read, r)
		return nil
	})
	if err != nil || size != int64(len(text)) {
		t.Errorf("read %d bytes of %d, error %v", size, len(text), err)
	}
	if diff := cmp.Diff(written, read); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

// FuzzReadRecord reads anything. What it takes for a record is the same when it is written and read once more.
func FuzzReadRecord(f *testing.F) {
	for _, text := range []string{
		"", "\n", "put q k i 1 2 3 4\nbody\n", "hide q k 1 2\n", "move q k dead 1\n", "delete q k\n", "purge q\n",
		`queue q {"name":"q"}` + "\n", `{"op":"put","queue":"q","key":"k","body":"b"}` + "\n", "put q k i 1 2 3 9999999999999999999\n",
	} {
		f.Add([]byte(text))
	}
	read := func(text []byte) (record, int, error) {
		return readRecord(bufio.NewReaderSize(bytes.NewReader(text), recordBytes))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, size, err := read(text)
		if err != nil || text[0] == '{' {
			return
		}
		if size > len(text) {
			t.Fatalf("read %d bytes of %d", size, len(text))
		}
		second, _, err := read(first.appendTo(nil))
		if err != nil {
			t.Fatalf("%+v cannot be read again: %v", first, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
	})
}
