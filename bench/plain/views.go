package plain

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"gitlab.com/notejam/notejam/services/web"
)

// views are web's templates, for the models of web.
type views struct{ list, note *template.Template }

func parseViews(templates, static fs.FS) (*views, error) {
	assets, err := assetPaths(static)
	if err != nil {
		return nil, err
	}
	var v views
	for file, into := range map[string]**template.Template{"list.html": &v.list, "note.html": &v.note} {
		page := template.New("layout").Funcs(template.FuncMap{"asset": func(name string) string { return assets[name] }})
		*into, err = page.ParseFS(templates, "layout.html", "parts.html", "note_fields.html", file)
		if err != nil {
			return nil, fmt.Errorf("parse web's templates: %w", err)
		}
	}
	return &v, nil
}

// assetPaths names the static files as web does, by their content.
func assetPaths(static fs.FS) (map[string]string, error) {
	paths := map[string]string{}
	names, err := fs.Glob(static, "*")
	if err != nil {
		return nil, fmt.Errorf("list web's static files: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(static, name)
		if err != nil {
			return nil, fmt.Errorf("read web's static file: %w", err)
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(name)
		paths[name] = "/static/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:5]) + extension
	}
	return paths, nil
}

func (v *views) write(w http.ResponseWriter, page *template.Template, view any) {
	var buffer bytes.Buffer
	err := page.ExecuteTemplate(&buffer, "layout", view)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(buffer.Len()))
	_, _ = w.Write(buffer.Bytes()) // a client that went away is nobody's error
}

func homeView(who Person, beside overview, notes []note, more bool, zone *time.Location) web.ListView {
	view := web.ListView{
		Layout:   layout(who, beside, fmt.Sprintf("All notes (%d)", beside.noteCount)),
		ShowPads: true,
		ByName:   web.Column{Label: "Note", Class: "note", Path: "?order=name"},
		ByTime:   web.Column{Label: "Last modified", Class: "when", Path: "?order=updated_at", Sorted: "descending"},
		Empty:    "Create your first note.",
		Lesson:   "A note has a name and a text. Later you can sort your notes into pads, one for each thing you care about.",
		NewNote:  "/notes/create/",
	}
	view.Nav.AllCurrent = true
	for _, n := range notes {
		view.Rows = append(view.Rows, web.ListRow{
			Name: n.title, Path: "/notes/" + n.id + "/", PadName: beside.title(n.pad), PadPath: padPath(n.pad), Changed: when(n.updated, zone),
		})
	}
	if more {
		view.Next = "?order=-updated_at&page=" + place(notes[len(notes)-1])
	}
	return view
}

func noteView(who Person, beside overview, n note, zone *time.Location) web.NoteView {
	at := "/notes/" + n.id + "/"
	view := web.NoteView{
		Layout: layout(who, beside, n.title), Text: n.text, PadName: beside.title(n.pad), PadPath: padPath(n.pad),
		Changed: when(n.updated, zone), EditPath: at + "edit/", DeletePath: at + "delete/",
	}
	for i := range view.Nav.Pads {
		view.Nav.Pads[i].Current = view.Nav.Pads[i].Path == view.PadPath
	}
	return view
}

func layout(who Person, beside overview, heading string) web.Layout {
	nav := &web.Nav{Pads: make([]web.NavPad, 0, len(beside.pads))}
	for _, p := range beside.pads {
		nav.Pads = append(nav.Pads, web.NavPad{Name: p.title, Path: padPath(p.id), Notes: p.noteCount})
	}
	return web.Layout{Heading: heading, Email: who.Email, Nav: nav}
}

func padPath(id string) string {
	if id == "" {
		return ""
	}
	return "/pads/" + id + "/"
}

// place is the link to the next page. That of notes is sealed; this one is open.
func place(last note) string {
	text, _ := json.Marshal(map[string]any{"i": last.id, "u": last.updated}) // always works for these
	return base64.RawURLEncoding.EncodeToString(text)
}

// when words a moment as web does.
func when(t time.Time, zone *time.Location) web.When {
	now, local := time.Now().In(zone), t.In(zone)
	words := web.When{Exact: t.UTC().Format("2006-01-02T15:04:05.000Z07:00")}
	switch days := day(now) - day(local); {
	case days <= 0:
		words.Text = "Today at " + local.Format("15:04")
	case days == 1:
		words.Text = "Yesterday at " + local.Format("15:04")
	case days <= 7:
		words.Text = fmt.Sprintf("%d days ago", days)
	default:
		words.Text = local.Format("02 Jan. 2006")
	}
	return words
}

func day(t time.Time) int64 {
	year, month, date := t.Date()
	return time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Unix() / 86400
}
