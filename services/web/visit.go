package web

// A visit is one request for a page: what handlers read from it, and what they answer with.

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/notespb"
)

type visit struct {
	site *site
	w    http.ResponseWriter
	r    *http.Request
	form url.Values // of a POST, when its token was right

	person person // nobody on pages that are open to anyone, until layout asks
	asked  bool   // whether auth was asked who this is

	zone *time.Location // the person's, once it was asked for
}

// signedIn finds out who this is and makes the visit's calls theirs.
func (v *visit) signedIn(audience string) error {
	v.asked = true
	secret := v.site.cookies.session(v.r)
	found, err := v.site.sessions.signedIn(v.r.Context(), secret, audience)
	if err != nil {
		return err
	}
	v.person = found
	factsOf(v.r.Context()).person = found.ID
	return nil
}

// ctx is the context of the visit's calls: it ends with the request and carries the person's access token.
func (v *visit) ctx() context.Context { return rpc.WithToken(v.r.Context(), v.person.Token) }

// clientCtx is ctx for calls whose service limits how often they come from somewhere. device is one that is known to the account, or "".
func (v *visit) clientCtx(device string) context.Context {
	return v.site.clients.tell(v.ctx(), v.r, device)
}

// id gives the id in the path. Ids have one spelling; any other names nothing.
func (v *visit) id() (string, error) {
	text := v.r.PathValue("id")
	id, err := uuid.Parse(text)
	if err != nil || id.String() != text {
		return "", errNothingHere
	}
	return text, nil
}

// query gives a parameter of the URL; text that is no UTF-8 counts as absent.
func (v *visit) query(name string) string {
	value := v.r.URL.Query().Get(name)
	if !utf8.ValidString(value) {
		return ""
	}
	return value
}

// field gives a field of the form, with the line ends that browsers send turned into LF.
func (v *visit) field(name string) string {
	return lineEnds.Replace(v.form.Get(name))
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// secretField gives a password exactly as it was typed.
func (v *visit) secretField(name string) string { return v.form.Get(name) }

// requestID gives the id that the form was made with, so that a form sent twice is one request.
func (v *visit) requestID() string {
	id := v.form.Get("request_id")
	if uuid.Validate(id) != nil {
		return uuid.NewString()
	}
	return id
}

// formSecret is what this visit's form tokens are bound to.
func (v *visit) formSecret() string {
	if v.person.ID != "" {
		return v.site.cookies.session(v.r)
	}
	return v.site.cookies.form(v.w, v.r)
}

// hidden makes the hidden fields of a new form.
func (v *visit) hidden() Hidden {
	return Hidden{Token: v.site.tokens.of(v.formSecret()), RequestID: uuid.NewString()}
}

// layout makes what surrounds the page, once for each answer: it takes the flash message. On open pages it asks who
// this is, for the top right corner only: an open page comes even when auth does not answer.
func (v *visit) layout(heading string) Layout {
	layout := Layout{Heading: heading, Flash: v.site.cookies.takeFlash(v.w, v.r)}
	if v.site.readOnly.any() {
		layout.ReadOnly = readOnlyBanner
	}
	if !v.asked {
		secret := v.site.cookies.session(v.r)
		found, err := v.site.sessions.signedIn(v.r.Context(), secret, forNotes)
		layout.Email, layout.Anonymous = found.Email, errors.Is(err, errNoSession)
		return layout
	}
	layout.Email = v.person.Email
	return layout
}

// nav makes the column "My pads"; current is the resource name of the pad that the page shows.
func (v *visit) nav(pads []*notespb.Pad, current string) *Nav {
	nav := &Nav{Pads: make([]NavPad, 0, len(pads))}
	for _, pad := range pads {
		nav.Pads = append(nav.Pads, NavPad{
			Name:    pad.GetTitle(),
			Path:    pathOf(pad.GetName()),
			Notes:   pad.GetNoteCount(),
			Current: pad.GetName() == current,
		})
	}
	return nav
}

// location gives this person's zone.
func (v *visit) location() *time.Location {
	if v.zone == nil { // once a page: finding a zone costs more than all else about a date
		v.zone = zoneOf(v.r)
	}
	return v.zone
}

// when words a moment for this person.
func (v *visit) when(t *timestamppb.Timestamp) When {
	return describe(t.AsTime(), v.site.now(), v.location())
}

// show answers with a page.
func (v *visit) show(status int, p page, view any) error {
	return v.site.renderer.write(v.w, status, p, view)
}

// redirect sends the browser to a path of ours, with GET.
func (v *visit) redirect(path string) {
	v.w.Header().Set("Location", path)
	v.w.WriteHeader(http.StatusSeeOther)
}

// done ends a successful form: the message, then the page it leads to.
func (v *visit) done(f flash, path string) error {
	v.site.cookies.setFlash(v.w, f)
	v.redirect(path)
	return nil
}

// pathOf gives the page of a resource: "pads/1" is at /pads/1/. No resource has no page.
func pathOf(resource string) string {
	if resource == "" {
		return ""
	}
	return (&url.URL{Path: "/" + resource + "/"}).EscapedPath()
}
