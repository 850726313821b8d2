// Package plain is what Notejam is measured against: home, a note's page and
// the form that makes a note, in one program without gRPC. It shows the very
// pages that web shows, from web's templates and the rows of notes' schema, and
// nothing stands in between: net/http and html/template as they come, three
// prepared statements for reading, no TLS, no log, no metrics, no limits.
//
// Where it had a choice it took the faster one. Its sessions are a map, because
// web in a steady state reads a cache too; a time zone is read once; its pool
// keeps as many connections open as that of notes, and not the two of
// database/sql; a page is rendered into memory and written once. It reads no
// form token and shows no messages.
// A note is made by the statements of notes, the one for the event included:
// also a single program would keep the trail, as a table that nobody has to
// carry anywhere.
//
// It is no starting point for anything: it handles no mistake beyond saying so.
package plain

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"gitlab.com/notejam/notejam/platform/mysql"
)

// Config says what the program is given.
type Config struct {
	Database  mysql.Config
	Templates string            // folder of web's templates
	Static    string            // folder of web's static files, whose names hold their hash
	People    map[string]Person // by the secret in their session cookie
}

// Person is somebody who is signed in.
type Person struct {
	ID    string
	Email string
}

// program is what the handlers share.
type program struct {
	people map[string]Person
	zones  sync.Map // of *time.Location, by name
	store  *store
	views  *views
}

// Serve answers on the listener until it is closed.
func Serve(listener net.Listener, cfg Config) (err error) {
	rows, err := openStore(cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	pages, err := parseViews(os.DirFS(cfg.Templates), os.DirFS(cfg.Static))
	if err != nil {
		return err
	}
	p := &program{people: cfg.People, store: rows, views: pages}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.home)
	mux.HandleFunc("GET /notes/{id}/{$}", p.note)
	mux.HandleFunc("POST /notes/create/", p.create)
	err = http.Serve(listener, mux) //nolint:gosec // default settings are the point of it, and it serves this machine alone
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

func (p *program) home(w http.ResponseWriter, r *http.Request) {
	who, zone, ok := p.visitor(w, r)
	if !ok {
		return
	}
	beside, err := p.store.overview(r.Context(), who.ID)
	if err != nil {
		fail(w, err)
		return
	}
	notes, more, err := p.store.newest(r.Context(), who.ID)
	if err != nil {
		fail(w, err)
		return
	}
	p.views.write(w, p.views.list, homeView(who, beside, notes, more, zone))
}

func (p *program) note(w http.ResponseWriter, r *http.Request) {
	who, zone, ok := p.visitor(w, r)
	if !ok {
		return
	}
	found, err := p.store.note(r.Context(), who.ID, r.PathValue("id"))
	if err != nil {
		fail(w, err)
		return
	}
	beside, err := p.store.overview(r.Context(), who.ID)
	if err != nil {
		fail(w, err)
		return
	}
	p.views.write(w, p.views.note, noteView(who, beside, found, zone))
}

func (p *program) create(w http.ResponseWriter, r *http.Request) {
	who, _, ok := p.visitor(w, r)
	if !ok {
		return
	}
	d, err := readDraft(r)
	if err != nil {
		fail(w, err)
		return
	}
	err = p.store.create(r.Context(), who.ID, d)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// The cookies of web over plain HTTP.
const (
	sessionCookie = "nj_session"
	zoneCookie    = "nj_zone"
)

// visitor gives whoever is signed in and their time zone, or sends them away.
func (p *program) visitor(w http.ResponseWriter, r *http.Request) (who Person, zone *time.Location, ok bool) {
	session, err := r.Cookie(sessionCookie)
	if err == nil {
		who, ok = p.people[session.Value]
	}
	if !ok {
		w.Header().Set("Location", "/signin/")
		w.WriteHeader(http.StatusSeeOther)
		return Person{}, nil, false
	}
	return who, p.zone(r), true
}

// zone gives the visitor's time zone.
func (p *program) zone(r *http.Request) *time.Location {
	named, err := r.Cookie(zoneCookie)
	if err != nil {
		return time.UTC
	}
	known, ok := p.zones.Load(named.Value)
	if ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(named.Value)
	if err != nil {
		return time.UTC
	}
	p.zones.Store(named.Value, zone)
	return zone
}

func fail(w http.ResponseWriter, err error) {
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = fmt.Fprintln(w, err) // the load generator shows it
}
