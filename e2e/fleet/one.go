package fleet

import (
	"context"
	"net/http"
)

// What one of the people does by itself, for who wants to see a single answer.

// Write has somebody write a note with a request id, and gives its name and the status.
func (t *Traffic) Write(ctx context.Context, requestID string) (name string, status int, err error) {
	u := t.people[0]
	status, answer, err := t.call(ctx, http.MethodPost, "/v1/notes?requestId="+requestID, u.session, map[string]string{"title": "On its own", "text": "x"})
	name, _ = answer["name"].(string)
	return name, status, err
}

// Note is a note of that person.
func (t *Traffic) Note() string { return t.people[0].note }

// Session is that of whoever's Note is.
func (t *Traffic) Session() string { return t.people[0].session }

// SignIn has a newcomer try to sign in, and gives the status.
func (t *Traffic) SignIn(ctx context.Context) (status int, err error) {
	status, _, err = t.call(ctx, http.MethodPost, "/v1/auth:signIn", "", map[string]string{"email": "newcomer@example.com", "password": password})
	return status, err
}

// Edit gives one of that person's notes another title.
func (t *Traffic) Edit(ctx context.Context, note, title, requestID string) (status int, err error) {
	return t.change(ctx, http.MethodPatch, note+"?updateMask=title&requestId="+requestID, map[string]string{"title": title})
}

// Delete deletes one; see Edit.
func (t *Traffic) Delete(ctx context.Context, note, requestID string) (status int, err error) {
	return t.change(ctx, http.MethodDelete, note+"?requestId="+requestID, nil)
}

func (t *Traffic) change(ctx context.Context, method, path string, body any) (status int, err error) {
	status, _, err = t.call(ctx, method, "/v1/"+path, t.people[0].session, body)
	return status, err
}
