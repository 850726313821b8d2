package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/proto/notespb"
)

func TestAnothersNoteIsNotThereAtAnyDoor(t *testing.T) {
	ann, bob := signedIn(t, stack.URL(), "ann"), signedIn(t, stack.URL(), "bob")
	id := ann.createNote("secret plan", "the text", "")
	pad := ann.createPad("secret pad")
	missing := uuid.Must(uuid.NewV7()).String()

	t.Run("in the pages: 404, the same page as for a note that does not exist", func(t *testing.T) {
		for _, path := range []string{"/notes/%s/", "/notes/%s/edit/"} {
			theirs := bob.get(fmt.Sprintf(path, id)).is(http.StatusNotFound).says("There is nothing here.").saysNot("secret")
			none := bob.get(fmt.Sprintf(path, missing)).is(http.StatusNotFound)
			if len(theirs.body) != len(none.body) {
				t.Errorf("%s: the two pages differ", path)
			}
		}
		form := bob.get("/notes/create/").fill(url.Values{"name": {"mine now"}, "text": {"x"}})
		bob.post("/notes/"+id+"/edit/", form).is(http.StatusNotFound)
	})
	t.Run("in REST: 404, word for word the same", func(t *testing.T) {
		for _, call := range []struct {
			method string
			body   any
		}{
			{http.MethodGet, nil},
			{http.MethodPatch, map[string]string{"title": "mine now"}},
			{http.MethodDelete, nil},
		} {
			status, theirs := bob.api(call.method, "/v1/notes/"+id, call.body)
			_, none := bob.api(call.method, "/v1/notes/"+missing, call.body)
			if status != http.StatusNotFound || fmt.Sprint(theirs) != fmt.Sprint(none) {
				t.Errorf("%s: %d\n%v\n%v", call.method, status, theirs, none)
			}
		}
		status, answer := bob.api(http.MethodDelete, "/v1/pads/"+pad+"?force=true", nil)
		if status != http.StatusNotFound {
			t.Errorf("delete the pad: %d %v", status, answer)
		}
		_, list := bob.api(http.MethodGet, "/v1/notes", nil)
		if strings.Contains(fmt.Sprint(list), id) {
			t.Error("the list shows it")
		}
	})
	t.Run("in gRPC: NOT_FOUND", func(t *testing.T) {
		client, ctx := bob.notes()
		for name, err := range map[string]error{
			"get":      second(client.GetNote(ctx, &notespb.GetNoteRequest{Name: "notes/" + id})),
			"update":   second(client.UpdateNote(ctx, &notespb.UpdateNoteRequest{Note: &notespb.Note{Name: "notes/" + id, Title: "x"}})),
			"delete":   second(client.DeleteNote(ctx, &notespb.DeleteNoteRequest{Name: "notes/" + id})),
			"undelete": second(client.UndeleteNote(ctx, &notespb.UndeleteNoteRequest{Name: "notes/" + id})),
		} {
			if codeOf(err) != codes.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("as the pad of a note: the same error whether it exists or not", func(t *testing.T) {
		for _, p := range []string{pad, missing} {
			bob.submit("/notes/create/", url.Values{"name": {"n"}, "text": {"x"}, "pad": {p}}).
				is(http.StatusUnprocessableEntity).says("Choose one of your pads.")
			status, answer := bob.api(http.MethodPost, "/v1/notes", map[string]string{"title": "n", "text": "x", "pad": "pads/" + p})
			if status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(answer), "Choose one of your pads.") {
				t.Errorf("REST: %d %v", status, answer)
			}
			client, ctx := bob.notes()
			_, err := client.CreateNote(ctx, &notespb.CreateNoteRequest{Note: &notespb.Note{Title: "n", Text: "x", Pad: "pads/" + p}})
			if codeOf(err) != codes.InvalidArgument {
				t.Errorf("gRPC: %v", err)
			}
		}
		bob.get("/notes/create/?pad=" + pad).is(http.StatusOK).saysNot(pad)
		bob.get("/").says("All notes (0)")
	})
	t.Run("and in no trail but the owner's", func(t *testing.T) {
		eventually(t, "ann's trail is complete", 5*time.Second, func() error {
			if got := count(ann.activities(), "notejam.notes.note.created.v1"); got != 1 {
				return fmt.Errorf("%d notes created", got)
			}
			return nil
		})
		bob.get("/settings/activity/").is(http.StatusOK).saysNot(id)
		for _, kind := range bob.activities() {
			if strings.HasPrefix(kind, "notejam.notes.") {
				t.Errorf("bob's trail has %s", kind)
			}
		}
	})
	ann.get("/notes/" + id + "/").is(http.StatusOK).says("the text")
}

func TestOnlyTheServicesThatAProtoNamesMayCall(t *testing.T) {
	ann := signedIn(t, stack.URL(), "ann")
	ctx := ann.withAccessToken("notes")
	for caller, want := range map[string]codes.Code{"web": codes.OK, "audit": codes.PermissionDenied, "auth": codes.PermissionDenied} {
		client := notespb.NewNotesServiceClient(dial(t, caller, "notes"))
		_, err := client.ListNotes(ctx, &notespb.ListNotesRequest{})
		if codeOf(err) != want {
			t.Errorf("%s calls notes: %v, want %v", caller, err, want)
		}
	}
	// A token for one service opens no other.
	_, err := notespb.NewNotesServiceClient(dial(t, "web", "notes")).ListNotes(ann.withAccessToken("audit"), &notespb.ListNotesRequest{})
	if codeOf(err) != codes.Unauthenticated {
		t.Errorf("a token for audit at notes: %v", err)
	}
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func second[T any](_ T, err error) error { return err }
