package web

// The crowd is all that is being answered now. When it is too large, whoever comes is refused at once, in less time than any page takes. What can wait is turned away first (platform/admission). Health and static files do not count: answering
// costs no more than refusing.

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/admission"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/policypb"
)

// crowd lets requests in, and refuses pages with a page that was rendered before.
type crowd struct {
	*admission.Gate
	before, after []byte // the request's id stands between them
}

func newCrowd(limit int, r *renderer, registry prometheus.Registerer) (*crowd, error) {
	const id = "REQUEST-ID"
	var page bytes.Buffer
	err := r.templates[pageError].ExecuteTemplate(&page, "layout", ErrorView{
		Layout:    Layout{Heading: errBusy.heading, Width: "narrow"},
		Advice:    errBusy.advice,
		Path:      "/",
		Link:      "All notes",
		RequestID: id,
	})
	if err != nil {
		return nil, fmt.Errorf("render the page of a crowd: %w", err)
	}
	before, after, found := bytes.Cut(page.Bytes(), []byte(id))
	if !found {
		return nil, errors.New("the page of a crowd does not show the request's id")
	}
	// Nobody waits: those who are inside are a queue already, for the processors.
	return &crowd{
		Gate:   admission.New(admission.Config{Limit: limit, Metrics: registry, Prefix: "http"}),
		before: before, after: after,
	}, nil
}

// refuse answers whoever is too many for a page.
func (c *crowd) refuse(w http.ResponseWriter, r *http.Request, err error) {
	factsOf(r.Context()).cause = err
	page := bytes.Join([][]byte{c.before, c.after}, []byte(rpc.RequestID(r.Context())))
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	header.Set("Retry-After", seconds(retryAway))
	w.WriteHeader(errBusy.status)
	_, _ = w.Write(page) // a client that went away is nobody's error
}

// ifRoom runs f when there is room for one more of the class, and answers all that comes of it.
func (v *visit) ifRoom(class policypb.Class, f func() error) error {
	err := v.site.crowd.Enter(v.r.Context(), class)
	if err != nil {
		v.site.crowd.refuse(v.w, v.r, err)
		return nil
	}
	defer v.site.crowd.Leave()
	err = f()
	if err != nil {
		v.fail(err) // its page may ask auth
	}
	return nil
}
