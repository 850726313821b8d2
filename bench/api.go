package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"

	"github.com/valyala/fasthttp"
)

// What the REST door costs: a note beside the least that could read it
// (bench/proxy), and a page far down a long list beside its first page.

const (
	// apiPage is how many notes a page of the list has, and deepPage which one is
	// far down: it lies in the middle of 100,000 notes.
	apiPage  = 50
	deepPage = 1000
)

// apiResults are what `make bench-api` found.
type apiResults struct {
	machine machine
	extent  extent
	deep    int        // which page
	paging  comparison // the deep page against the first one
	note    comparison // the gateway against the proxy
}

// RunAPI measures and writes the report.
func RunAPI(ctx context.Context, o Options) (err error) {
	r, err := startRig(ctx, o, releaseBinary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.stop(context.WithoutCancel(ctx))) }()
	err = r.startProxy(ctx)
	if err != nil {
		return err
	}
	found, err := r.measureAPI(ctx)
	if err != nil {
		return err
	}
	text := found.markdown()
	_, err = fmt.Fprintf(o.Out, "\n%s\n", text)
	if err != nil || o.Report == "" || o.Short {
		return err
	}
	return writeBetweenMarkers(o.Report, "make bench-api", text)
}

// startProxy starts the proxy in the place of the plain process.
func (r *rig) startProxy(ctx context.Context) error {
	addr, err := freeAddr(ctx)
	if err != nil {
		return err
	}
	p, err := startProcess(ctx, "proxy", r.stack.Settings("web"), r.path("log", "proxy.log"), r.path("bin", "proxy"), "-addr", addr)
	if err != nil {
		return err
	}
	r.plain.url, r.plain.processes = "http://"+addr, []*process{p}
	return r.sameNote(ctx)
}

func (r *rig) measureAPI(ctx context.Context) (apiResults, error) {
	found := apiResults{extent: r.extent}
	var err error
	found.machine, err = describeMachine(ctx, r)
	if err != nil {
		return apiResults{}, err
	}
	found.deep = min(deepPage, r.extent.many/apiPage/2)
	r.progress("Measuring page %d of %d notes", found.deep, r.extent.many)
	token, err := r.tokenOf(ctx, found.deep)
	if err != nil {
		return apiResults{}, err
	}
	found.paging, err = r.compare(ctx, r.single(r.pages, r.listed(token)), r.single(r.pages, r.listed("")))
	if err != nil {
		return apiResults{}, fmt.Errorf("a page of the list: %w", err)
	}
	r.progress("Measuring a note by the gateway and by the proxy")
	found.note, err = r.compare(ctx, r.single(r.pages, r.noteByREST()), r.single(r.plain, r.noteByREST()))
	if err != nil {
		return apiResults{}, fmt.Errorf("a note: %w", err)
	}
	return found, nil
}

// single is a contender with one connection: what counts is how long one answer
// takes, and not how many the machine can give at once.
func (r *rig) single(s *side, p page) *contender {
	c := r.contender(s, p)
	c.limit = 1
	return c
}

// noteByREST is one of the reader's newest notes after the other.
func (r *rig) noteByREST() page {
	text := []byte("leaves \\u003cnothing\\u003e behind.")
	plain := []byte("leaves <nothing> behind.")
	return page{
		request: func(req *fasthttp.Request, n int64) {
			r.restGet(req, "/v1/notes/"+r.noteIDs[n%int64(len(r.noteIDs))], r.reader)
		},
		check: func(resp *fasthttp.Response) error {
			if resp.StatusCode() != http.StatusOK || !bytes.Contains(resp.Body(), text) && !bytes.Contains(resp.Body(), plain) {
				return fmt.Errorf("the answer is %d: %s", resp.StatusCode(), resp.Body())
			}
			return nil
		},
	}
}

// listed is a page of the long list: the first one for an empty token.
func (r *rig) listed(token string) page {
	path := listPath(token)
	return page{
		request: func(req *fasthttp.Request, _ int64) { r.restGet(req, path, r.many) },
		check: func(resp *fasthttp.Response) error {
			if rows := bytes.Count(resp.Body(), []byte(`"snippet":`)); resp.StatusCode() != http.StatusOK || rows != apiPage {
				return fmt.Errorf("the answer is %d with %d notes: %s", resp.StatusCode(), rows, resp.Body())
			}
			return nil
		},
	}
}

func listPath(token string) string {
	return "/v1/notes?page_size=" + strconv.Itoa(apiPage) + "&page_token=" + url.QueryEscape(token)
}

func (r *rig) restGet(req *fasthttp.Request, path string, p person) {
	req.SetRequestURI(path)
	req.Header.Set("Authorization", "Bearer "+p.session)
}

// tokenOf walks down the long list to a page and gives its token.
func (r *rig) tokenOf(ctx context.Context, page int) (token string, err error) {
	for range page - 1 {
		var answer struct{ NextPageToken string }
		err = r.restJSON(ctx, r.pages.url+listPath(token), r.many, &answer)
		if err != nil {
			return "", err
		}
		token = answer.NextPageToken
	}
	return token, nil
}

// sameNote holds the proxy to what the gateway answers.
func (r *rig) sameNote(ctx context.Context) error {
	path := "/v1/notes/" + r.noteIDs[0]
	err := r.plain.processes[0].waitReady(ctx, r.plain.url+"/readyz")
	if err != nil {
		return err
	}
	var ours, theirs map[string]any
	err = errors.Join(r.restJSON(ctx, r.pages.url+path, r.reader, &ours), r.restJSON(ctx, r.plain.url+path, r.reader, &theirs))
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(ours, theirs) {
		return fmt.Errorf("the proxy shows another note than the gateway: %v and %v", theirs, ours)
	}
	return nil
}

func (r *rig) restJSON(ctx context.Context, address string, p person, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	req.Header.Set("Authorization", "Bearer "+p.session)
	status, body, err := browser{client: direct}.do(req)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", address, status, body)
	}
	err = json.Unmarshal([]byte(body), into)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	return nil
}
