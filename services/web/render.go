package web

// Pages from templates. A page is rendered into memory first, so that an error in a template becomes a 500 page and
// never half a page.

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

// page names a template of templates/; behind each constant stands the view model that it wants.
type page string

const (
	pageList        page = "list"         // ListView
	pageNote        page = "note"         // NoteView
	pageNoteForm    page = "note_form"    // NoteForm
	pageConflict    page = "conflict"     // ConflictView
	pagePadForm     page = "pad_form"     // PadForm
	pageDelete      page = "delete"       // DeleteView
	pageAccountForm page = "account_form" // AccountForm
	pageSettings    page = "settings"     // SettingsView
	pageSessions    page = "sessions"     // SessionsView
	pageTokens      page = "tokens"       // TokensView
	pageActivity    page = "activity"     // ActivityView
	pageVerify      page = "verify"       // VerifyView
	pageDocs        page = "docs"         // DocsView
	pageError       page = "error"        // ErrorView
)

var pages = []page{
	pageList, pageNote, pageNoteForm, pageConflict, pagePadForm, pageDelete, pageAccountForm, pageSettings, pageSessions, pageTokens, pageActivity,
	pageVerify, pageDocs, pageError,
}

// renderer holds the parsed templates.
type renderer struct {
	templates map[page]*template.Template
	buffers   sync.Pool // of *bytes.Buffer
}

// newRenderer parses all templates. assetPath gives the path of a static file.
func newRenderer(assetPath func(name string) (string, error)) (*renderer, error) {
	base := template.New("layout").Funcs(template.FuncMap{"asset": assetPath})
	base, err := base.ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/note_fields.html", "templates/account_fields.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	r := &renderer{templates: make(map[page]*template.Template, len(pages))}
	r.buffers.New = func() any { return new(bytes.Buffer) }
	for _, p := range pages {
		clone, err := base.Clone()
		if err != nil {
			return nil, fmt.Errorf("clone layout: %w", err)
		}
		r.templates[p], err = clone.ParseFS(templateFiles, "templates/"+string(p)+".html")
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", p, err)
		}
	}
	return r, nil
}

// write answers with a page. When the template fails nothing has been written yet.
func (r *renderer) write(w http.ResponseWriter, status int, p page, view any) error {
	buffer, _ := r.buffers.Get().(*bytes.Buffer)
	defer r.recycle(buffer)
	err := r.templates[p].ExecuteTemplate(buffer, "layout", view)
	if err != nil {
		return fmt.Errorf("render page %s: %w", p, err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(buffer.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // a client that went away is nobody's error
	return nil
}

// maxPooled is the largest buffer that is kept for the next page: pages are a few KB, and one 256 KiB note must not stay in
// memory for each page that is rendered at the same time.
const maxPooled = 64 << 10

func (r *renderer) recycle(buffer *bytes.Buffer) {
	if buffer.Cap() <= maxPooled {
		buffer.Reset()
		r.buffers.Put(buffer)
	}
}
