package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
)

// page is what is asked for, again and again, and what must come each time.
type page struct {
	name    string
	target  float64 // what the ratio to the plain process must be at least
	request func(req *fasthttp.Request, n int64)
	check   func(resp *fasthttp.Response) error
	after   func(ctx context.Context, answers int) error // the round is over; may be nil
}

// home is the page of the person with extent.notes notes.
func (r *rig) home() page {
	p := r.homeOf(r.reader)
	p.name, p.target = "home", 0.5
	return p
}

// homeOf is home as one person sees it: ten rows.
func (r *rig) homeOf(p person) page {
	last := []byte(titleOf(r.extent.few-1) + "</a>")
	return page{
		request: func(req *fasthttp.Request, _ int64) { get(req, "/", p) },
		check:   func(resp *fasthttp.Response) error { return wantPage(resp, last, []byte("Pad number 5")) },
	}
}

// note is a note's page, of one of the person's newest notes after the other.
func (r *rig) note() page {
	text := []byte("leaves &lt;nothing&gt; behind.")
	return page{
		name: "a note", target: 0.5,
		request: func(req *fasthttp.Request, n int64) {
			get(req, "/notes/"+r.noteIDs[n%int64(len(r.noteIDs))]+"/", r.reader)
		},
		check: func(resp *fasthttp.Response) error { return wantPage(resp, text, []byte("Pad number 5")) },
	}
}

func get(req *fasthttp.Request, path string, p person) {
	req.SetRequestURI(path)
	req.Header.Set("Cookie", p.cookies())
}

// wantPage checks that a whole page has come, with what it must show.
func wantPage(resp *fasthttp.Response, words ...[]byte) error {
	if resp.StatusCode() != http.StatusOK {
		return fmt.Errorf("the answer is %d: %s", resp.StatusCode(), resp.Body())
	}
	for _, word := range append(words, []byte("</html>\n")) {
		if !bytes.Contains(resp.Body(), word) {
			return fmt.Errorf("the page does not show %q: %s", word, resp.Body())
		}
	}
	return nil
}

// create is the form for a new note, sent by one writer after the other.
func (r *rig) create() page {
	text := "A few words,\r\nwritten down before they are forgotten.\r\n"
	var before atomic.Int64
	return page{
		name: "creating a note", target: 0.55,
		request: func(req *fasthttp.Request, n int64) {
			p := r.writers[n%int64(len(r.writers))]
			fields := url.Values{
				"form_token": {p.token}, "request_id": {uuid.NewString()}, "name": {fmt.Sprintf("Note %d", n)}, "text": {text}, "pad": {""},
			}
			req.SetRequestURI("/notes/create/")
			req.Header.SetMethod(http.MethodPost)
			req.Header.SetContentType(formType)
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			req.Header.Set("Cookie", p.cookies())
			req.SetBodyString(fields.Encode())
		},
		check: func(resp *fasthttp.Response) error {
			if resp.StatusCode() != http.StatusSeeOther || string(resp.Header.Peek("Location")) != "/" {
				return fmt.Errorf("the answer is %d and leads to %q: %s", resp.StatusCode(), resp.Header.Peek("Location"), resp.Body())
			}
			return nil
		},
		after: func(ctx context.Context, answers int) error {
			total, err := r.rows.noteCount(ctx, r.writers)
			if err != nil {
				return err
			}
			made := total - int(before.Swap(int64(total)))
			if made != answers {
				return fmt.Errorf("%d answers made %d notes", answers, made)
			}
			return r.settle(ctx)
		},
	}
}

var errOtherPage = errors.New("the plain process shows another page than web, so there is nothing to compare: bring bench/plain up to date")

// What may differ: notes seals the place in a list, the plain process does not.
var placeInList = regexp.MustCompile(`page=[A-Za-z0-9_-]+`)

// samePages holds the plain process to the pages of web, byte by byte.
func (r *rig) samePages(ctx context.Context) error {
	paths := []string{"/", "/notes/" + r.noteIDs[0] + "/", "/notes/" + r.noteIDs[len(r.noteIDs)-1] + "/"}
	for _, path := range paths {
		var bodies [2]string
		for i, s := range []*side{r.pages, r.plain} {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
			if err != nil {
				return fmt.Errorf("open %s: %w", path, err)
			}
			req.Header.Set("Cookie", r.reader.cookies())
			_, body, err := browser{client: direct}.do(req)
			if err != nil {
				return err
			}
			bodies[i] = placeInList.ReplaceAllString(body, "page=")
		}
		if bodies[0] != bodies[1] {
			return fmt.Errorf("%s: %w\n%s", path, errOtherPage, firstDifference(bodies[0], bodies[1]))
		}
	}
	return nil
}

// firstDifference shows the first lines in which two pages differ.
func firstDifference(web, plain string) string {
	ours, theirs := strings.Split(web, "\n"), strings.Split(plain, "\n")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			return fmt.Sprintf("line %d\nweb:   %s\nplain: %s", i+1, ours[i], theirs[i])
		}
	}
	return fmt.Sprintf("web has %d lines, plain %d", len(ours), len(theirs))
}

// settle waits until the trail has everything, and remembers the longest time that took.
func (r *rig) settle(ctx context.Context) error {
	begin := time.Now()
	err := r.rows.settle(ctx)
	r.drained = max(r.drained, time.Since(begin))
	return err
}
