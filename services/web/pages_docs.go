package web

import "net/http"

// docs is the reference page of REST.
func (s *site) docs(v *visit) error {
	view := DocsView{Layout: v.layout("The API"), Docs: s.reference}
	view.Here = "docs"
	return v.show(http.StatusOK, pageDocs, view)
}
