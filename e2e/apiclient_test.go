package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"gitlab.com/notejam/notejam/e2e/apiclient"
)

// TestAClientMadeByAGeneratorThatIsNotOurs runs the whole flow with what oapi-codegen makes of /openapi.json
// (`make contracts`).
func TestAClientMadeByAGeneratorThatIsNotOurs(t *testing.T) {
	member(t) // once somebody could sign up, web has found the services
	ctx := t.Context()
	token := ""
	client := newClient(t, func(_ context.Context, req *http.Request) error {
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	})
	email := "client-" + uuid.NewString()[:8] + "@example.test"

	signedUp := must(client.SignUpWithResponse(ctx, apiclient.SignUpBody{Email: email, Password: password}))(t)
	if signedUp.JSON200 == nil || signedUp.JSON200.Account.Email != email {
		t.Fatalf("sign up: %s", signedUp.Body)
	}
	again := must(client.SignUpWithResponse(ctx, apiclient.SignUpBody{Email: email, Password: password}))(t)
	wantAPIError(t, again.JSON409, apiclient.ALREADYEXISTS, "EMAIL_TAKEN")
	refused := must(client.ListNotesWithResponse(ctx, nil))(t)
	wantAPIError(t, refused.JSON401, apiclient.UNAUTHENTICATED, "TOKEN_INVALID")
	wrong := must(client.SignInWithResponse(ctx, apiclient.SignInBody{Email: email, Password: "wrong"}))(t)
	wantAPIError(t, wrong.JSON401, apiclient.UNAUTHENTICATED, "CREDENTIALS_WRONG")
	signedIn := must(client.SignInWithResponse(ctx, apiclient.SignInBody{Email: email, Password: password}))(t)
	token = signedIn.JSON200.SessionToken

	pad := must(client.CreatePadWithResponse(ctx, nil, apiclient.CreatePadBody{Title: "Recipes"}))(t).JSON200
	requestID := uuid.NewString()
	body := apiclient.CreateNoteBody{Title: "Beans", Text: "Soak.", Pad: &pad.Name}
	note := must(client.CreateNoteWithResponse(ctx, &apiclient.CreateNoteParams{RequestId: &requestID}, body))(t).JSON200
	repeat := must(client.CreateNoteWithResponse(ctx, &apiclient.CreateNoteParams{RequestId: &requestID}, body))(t).JSON200
	if note.Name != repeat.Name || note.Pad != pad.Name || note.CreateTime == nil {
		t.Fatalf("made is %+v, and again %+v", note, repeat)
	}
	id := strings.TrimPrefix(note.Name, "notes/")

	t.Run("etags", func(t *testing.T) {
		etag, title := `"`+note.Etag+`"`, "White beans"
		same := must(client.GetNoteWithResponse(ctx, id, &apiclient.GetNoteParams{IfNoneMatch: &etag}))(t)
		if same.StatusCode() != http.StatusNotModified {
			t.Errorf("a note that we have: %s", same.Status())
		}
		changed := must(client.UpdateNoteWithResponse(ctx, id, &apiclient.UpdateNoteParams{IfMatch: &etag}, apiclient.UpdateNoteBody{Title: &title}))(t)
		if changed.JSON200 == nil || changed.JSON200.Title != title || changed.JSON200.Text != "Soak." {
			t.Fatalf("change: %s", changed.Body)
		}
		failed := must(client.UpdateNoteWithResponse(ctx, id, &apiclient.UpdateNoteParams{IfMatch: &etag}, apiclient.UpdateNoteBody{Title: &title}))(t)
		wantAPIError(t, failed.JSON412, apiclient.ABORTED, "ETAG_MISMATCH")
		lost := must(client.UpdateNoteWithResponse(ctx, id, nil, apiclient.UpdateNoteBody{Title: &title, Etag: &note.Etag}))(t)
		wantAPIError(t, lost.JSON409, apiclient.ABORTED, "ETAG_MISMATCH")
	})
	t.Run("errors", func(t *testing.T) {
		missing := must(client.GetNoteWithResponse(ctx, exampleID, nil))(t)
		wantAPIError(t, missing.JSON404, apiclient.NOTFOUND, "NOTE_NOT_FOUND")
		invalid := must(client.CreateNoteWithResponse(ctx, nil, apiclient.CreateNoteBody{Title: " ", Text: ""}))(t)
		wantAPIError(t, invalid.JSON400, apiclient.INVALIDARGUMENT, "FIELD_INVALID")
		if fields := *invalid.JSON400.Error.Details[1].FieldViolations; len(fields) != 2 || fields[0].Field != "note.title" {
			t.Errorf("violations are %v", fields)
		}
	})
	t.Run("paging", func(t *testing.T) {
		for i := range 4 {
			must(client.CreateNoteWithResponse(ctx, nil, apiclient.CreateNoteBody{Title: fmt.Sprint("Note ", i), Text: "x"}))(t)
		}
		size, order, names := int32(2), apiclient.Title, map[string]bool{}
		params := apiclient.ListNotesParams{PageSize: &size, OrderBy: &order}
		for pages := 1; ; pages++ {
			page := must(client.ListNotesWithResponse(ctx, &params))(t).JSON200
			for _, n := range page.Notes {
				names[n.Name] = true
			}
			if page.NextPageToken == "" {
				if pages != 3 || len(names) != 5 {
					t.Errorf("%d notes on %d pages", len(names), pages)
				}
				break
			}
			params.PageToken = &page.NextPageToken
		}
	})
	t.Run("deleting and restoring", func(t *testing.T) {
		padID, force := strings.TrimPrefix(pad.Name, "pads/"), true
		full := must(client.DeletePadWithResponse(ctx, padID, nil))(t)
		wantAPIError(t, full.JSON400, apiclient.FAILEDPRECONDITION, "PAD_NOT_EMPTY")
		deleted := must(client.DeletePadWithResponse(ctx, padID, &apiclient.DeletePadParams{Force: &force}))(t).JSON200
		if deleted.DeleteTime == nil || deleted.PurgeTime == nil {
			t.Errorf("deleted is %+v", deleted)
		}
		restored := must(client.UndeletePadWithResponse(ctx, padID, apiclient.UndeletePadBody{}))(t).JSON200
		if restored.DeleteTime != nil || restored.NoteCount != 1 {
			t.Errorf("restored is %+v", restored)
		}
	})

	trail := must(client.VerifyTrailWithResponse(ctx, nil))(t)
	if trail.JSON200 == nil {
		t.Errorf("trail: %s", trail.Body)
	}
	must(client.SignOutWithResponse(ctx, apiclient.SignOutBody{}))(t)
	wantAPIError(t, must(client.ListSessionsWithResponse(ctx))(t).JSON401, apiclient.UNAUTHENTICATED, "TOKEN_INVALID")
}

func newClient(t *testing.T, edit apiclient.RequestEditorFn) *apiclient.ClientWithResponses {
	t.Helper()
	client, err := apiclient.NewClientWithResponses(stack.URL(), apiclient.WithRequestEditorFn(edit))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// must gives the answer of a call that reached the site.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

func wantAPIError(t *testing.T, got *apiclient.Error, status apiclient.ErrorErrorStatus, reason string) {
	t.Helper()
	if got == nil {
		t.Fatalf("there is no such error, want %s", reason)
	}
	if got.Error.Status != status || got.Error.Message == "" || *got.Error.Details[0].Reason != reason {
		t.Errorf("got %+v, want %s %s", got.Error, status, reason)
	}
}
