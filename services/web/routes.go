package web

// The table of pages: every path with its methods, and who may come. What is not in it is a 404 page.

import (
	"net/http"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// handler answers one request for a page; what it returns becomes an error page.
type handler func(v *visit) error

// route is one path of the table.
type route struct {
	path     string // with its trailing slash, in the spelling of http.ServeMux
	audience string // the service that a signed-in person's page asks; empty: open to anyone, others are sent to /signin/ first
	get      handler
	post     handler        // nil: the page has no form
	limit    int64          // of a POST's body, in bytes
	time     time.Duration  // to answer in
	class    policypb.Class // of a GET, when there is too much to do; a POST is a write
}

// Limits of one request (reliability.md C12 and 3.1).
const (
	formLimit    = 1 << 20 // a note's text is at most 256 KiB, which a form may write three times as long
	accountLimit = 8 << 10
	pageTime     = 8 * time.Second
	accountTime  = 6 * time.Second
)

func (s *site) routes() []route {
	const (
		anyone = ""

		batch = policypb.Class_CLASS_BATCH
		audit = policypb.Class_CLASS_AUDIT
		list  = policypb.Class_CLASS_LIST
		read  = policypb.Class_CLASS_READ
	)
	return []route{
		{"/", forNotes, s.home, nil, 0, pageTime, list},
		{"/signup/", anyone, s.signUpForm, s.signUp, accountLimit, accountTime, read},
		{"/signin/", anyone, s.signInForm, s.signIn, accountLimit, accountTime, read},
		{"/signout/", anyone, s.signOutForm, s.signOut, accountLimit, accountTime, read},
		{"/forgot-password/", anyone, s.forgotForm, s.forgot, accountLimit, accountTime, read},
		{resetPath + "{token}/", anyone, s.resetForm, s.reset, accountLimit, accountTime, read},
		{"/account/", anyone, s.account, nil, 0, accountTime, read},
		{"/docs/", anyone, s.docs, nil, 0, pageTime, read},
		{"/settings/", forAuth, s.settings, s.changePassword, accountLimit, accountTime, read},
		{sessionsPath, forAuth, s.listSessions, s.endSessions, accountLimit, accountTime, list},
		{tokensPath, forAuth, s.listTokens, s.createToken, accountLimit, accountTime, list},
		{tokensPath + "{id}/delete/", forAuth, s.askDeleteToken, s.deleteToken, accountLimit, accountTime, read},
		{activityPath, forAudit, s.activity, nil, 0, pageTime, audit},
		{activityPath + "verify/", forAudit, s.verifyActivity, nil, 0, pageTime, batch},
		{activityPath + "export/", forAudit, s.exportActivity, nil, 0, exportTime, batch},
		{"/notes/create/", forNotes, s.newNote, s.createNote, formLimit, pageTime, read},
		{"/notes/{id}/", forNotes, s.note, nil, 0, pageTime, read},
		{"/notes/{id}/edit/", forNotes, s.editNote, s.updateNote, formLimit, pageTime, read},
		{"/notes/{id}/delete/", forNotes, s.askDeleteNote, s.deleteNote, accountLimit, pageTime, read},
		{"/pads/create/", forNotes, s.newPad, s.createPad, accountLimit, pageTime, read},
		{"/pads/{id}/", forNotes, s.pad, nil, 0, pageTime, list},
		{"/pads/{id}/edit/", forNotes, s.editPad, s.updatePad, accountLimit, pageTime, read},
		{"/pads/{id}/delete/", forNotes, s.askDeletePad, s.deletePad, accountLimit, pageTime, read},
	}
}

// router serves the table.
func (s *site) router() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.routes() {
		mux.Handle(route.path+"{$}", s.serve(route))
		if route.path != "/" {
			mux.Handle(strings.TrimSuffix(route.path, "/"), withSlash(route.path))
		}
	}
	mux.Handle("/", s.serve(route{path: unknownRoute, get: s.notFound, time: pageTime, class: policypb.Class_CLASS_BATCH}))
	return mux
}

// withSlash sends people to the path as we spell it; a POST keeps its method and body.
func withSlash(path string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nameRoute(r, path)
		target := *r.URL
		target.Path, target.RawPath = target.Path+"/", ""
		status := http.StatusPermanentRedirect
		if isRead(r.Method) {
			status = http.StatusMovedPermanently
		}
		w.Header().Set("Location", target.RequestURI())
		w.WriteHeader(status)
	})
}

// methods names what the route answers, for the Allow header.
func (r route) methods() []string {
	methods := []string{http.MethodGet, http.MethodHead}
	if r.post != nil {
		methods = append(methods, http.MethodPost)
	}
	return methods
}
