package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// anEvent is a new event in an account's trail.
func anEvent(account string) Event {
	id := uuid.Must(uuid.NewV7()).String()
	return Event{
		ID: id, Source: "notes", Type: "notejam.notes.note.created.v1", Subject: "notes/" + id, SubjectVersion: 1,
		Time: time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC), Actor: account, RequestID: "r", Data: []byte(`{}`),
	}
}

func TestChain_TheHashIsThatOfNetstrings(t *testing.T) {
	e := Event{
		ID: "0198c2a4-77aa-7000-8000-0123456789ab", Source: "notes", Type: "notejam.notes.note.updated.v1", Subject: "notes/1", SubjectVersion: 7,
		Time: time.Date(2026, 3, 4, 5, 6, 7, 123000000, time.UTC), Actor: ann, RequestID: "r-1", Traceparent: "", Data: []byte(`{"ü":1}`),
	}
	begin := sha256.Sum256([]byte("notejam audit chain 1\n" + ann))
	canonical := "36:0198c2a4-77aa-7000-8000-0123456789ab,5:notes,29:notejam.notes.note.updated.v1,7:notes/1,1:7," +
		"27:2026-03-04T05:06:07.123000Z,36:" + ann + ",3:r-1,0:,8:{\"ü\":1},"
	want := sha256.Sum256([]byte(string(begin[:]) + canonical))
	if got := genesis(ann).next(e); got != Hash(want) {
		t.Errorf("the hash is %x, want %x of %s", got, want, e.appendCanonical(nil))
	}
}

func TestChain_EveryMemberOfAnEventIsInItsHash(t *testing.T) {
	e := anEvent(ann)
	for name, change := range map[string]func(*Event){
		"id":              func(e *Event) { e.ID = uuid.NewString() },
		"source":          func(e *Event) { e.Source = "auth" },
		"type":            func(e *Event) { e.Type += "x" },
		"subject":         func(e *Event) { e.Subject += "x" },
		"subject version": func(e *Event) { e.SubjectVersion++ },
		"time":            func(e *Event) { e.Time = e.Time.Add(time.Microsecond) },
		"actor":           func(e *Event) { e.Actor = bob },
		"request id":      func(e *Event) { e.RequestID += "x" },
		"traceparent":     func(e *Event) { e.Traceparent = "00" },
		"data":            func(e *Event) { e.Data = []byte(`{"a":1}`) },
		"a shifted border": func(e *Event) {
			e.Source, e.Type = e.Source+e.Type[:1], e.Type[1:]
		},
	} {
		changed := e
		change(&changed)
		if genesis(ann).next(changed) == genesis(ann).next(e) {
			t.Errorf("%s can be changed and the hash stays", name)
		}
	}
}

// links reads a chain as "seq event hash".
func (r *rig) links(account string) []string {
	r.t.Helper()
	return column(r.t, r.admin, fmt.Sprintf(
		"SELECT CONCAT(seq, ' ', event_id, ' ', LOWER(HEX(hash))) FROM chain WHERE account = '%s' ORDER BY seq", account))
}

// chainOf is what links must give for events in that order.
func chainOf(account string, events ...Event) []string {
	links := []string{}
	h := genesis(account)
	for i, e := range events {
		h = h.next(e)
		links = append(links, fmt.Sprintf("%d %s %s", i+1, e.ID, hex.EncodeToString(h[:])))
	}
	return links
}

func TestStore_EachAccountHasAChainOfItsOwn(t *testing.T) {
	r := newRig(t)
	a1, a2, a3, b1, n1 := anEvent(ann), anEvent(ann), anEvent(ann), anEvent(bob), anEvent("")
	for _, batch := range [][]Event{{a1, b1, a2}, {n1}, {a2, a3, a3}, {b1}} {
		_, err := r.store.Record(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
	}
	for account, want := range map[string][]string{
		ann: chainOf(ann, a1, a2, a3), bob: chainOf(bob, b1), "": chainOf("", n1),
	} {
		links := r.links(account)
		if diff := cmp.Diff(want, links); diff != "" {
			t.Errorf("the chain of %q (-want +got):\n%s", account, diff)
		}
		head := column(t, r.admin, fmt.Sprintf("SELECT CONCAT(seq, ' ', LOWER(HEX(hash))) FROM heads WHERE account = '%s'", account))
		seq, hash, _ := strings.Cut(links[len(links)-1], " ")
		if diff := cmp.Diff([]string{seq + " " + hash[37:]}, head); diff != "" {
			t.Errorf("the head of %q (-want +got):\n%s", account, diff)
		}
	}
}

func TestStore_ManyWhoAddToTheSameChainsMakeOneLineOfEach(t *testing.T) {
	r := newRig(t)
	const writers, batches = 6, 12
	all := map[string]Event{}
	var mu sync.Mutex
	var writing sync.WaitGroup
	for range writers {
		own := NewStore(r.schema.Open(t))
		writing.Go(func() {
			for range batches {
				batch := []Event{anEvent(bob), anEvent(ann), anEvent(""), anEvent(ann)}
				mu.Lock()
				for _, e := range batch {
					all[e.ID] = e
				}
				mu.Unlock()
				for range 2 { // each comes twice
					_, err := own.Record(t.Context(), batch)
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writing.Wait()
	for account, want := range map[string]int{ann: 2 * writers * batches, bob: writers * batches, "": writers * batches} {
		links := r.links(account)
		var events []Event
		for _, link := range links {
			events = append(events, all[strings.Fields(link)[1]])
		}
		if diff := cmp.Diff(chainOf(account, events...), links); diff != "" {
			t.Errorf("the chain of %q (-want +got):\n%s", account, diff)
		}
		if len(links) != want {
			t.Errorf("the chain of %q has %d links, want %d", account, len(links), want)
		}
	}
	ids := r.recorded()
	if n := len(slices.Compact(slices.Clone(ids))); n != len(all) || len(ids) != n {
		t.Errorf("%d events, %d of them different, want %d", len(ids), n, len(all))
	}
}
