package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// Whatever a browser sends as cookies and in a form: what is taken for a session
// looks like one and came once, a form's secret is always there, and one token
// alone is good for it.
func FuzzCookiesAndFormTokens(f *testing.F) {
	good := "nj_ses_" + strings.Repeat("a", 43)
	f.Add("nj_session="+good, "", "")
	f.Add("nj_session="+good+"; nj_session="+good, "token", "secret")
	f.Add("nj_form="+strings.Repeat("f", 43)+"; nj_session=\""+good+"\"", formTokens{[]byte("key")}.of("secret"), "secret")
	f.Add("__Host-nj_session="+good+";nj_flash=1", "", good)
	f.Fuzz(func(t *testing.T, header, token, secret string) {
		for _, c := range []cookies{{secure: false}, {secure: true}} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Cookie"] = []string{header}
			session := c.session(r)
			if session != "" && (!sessionShape.MatchString(session) || strings.Count(header, c.name(sessionCookie)+"=") < 1) {
				t.Errorf("%q gives the session %q", header, session)
			}
			w := httptest.NewRecorder()
			form := c.form(w, r)
			if !formShape.MatchString(form) || c.value(r, formCookie) != form && w.Header().Get("Set-Cookie") == "" {
				t.Errorf("%q gives the form's secret %q", header, form)
			}
		}
		tokens := formTokens{[]byte("a key for forms, only for these tests")}
		if tokens.check(token, secret) != (secret != "" && token == tokens.of(secret)) {
			t.Errorf("token %q for secret %q: %v", token, secret, tokens.check(token, secret))
		}
		if other := token + "x"; other != secret && tokens.check(tokens.of(other), secret) {
			t.Errorf("the token of %q is good for %q", other, secret)
		}
	})
}

// answering stands for all services: it signs everybody in, says yes to
// everything, and remembers what it was asked.
type answering struct{ asked proto.Message }

func (a *answering) Invoke(_ context.Context, _ string, request, reply any, _ ...grpc.CallOption) error {
	if exchange, ok := reply.(*authinternalpb.ExchangeSessionResponse); ok {
		exchange.AccountId = "somebody"
		exchange.AccessTokens = []*authinternalpb.AccessToken{{Token: "token", ExpireTime: timestamppb.New(testNow)}}
		return nil
	}
	a.asked, _ = request.(proto.Message)
	return nil
}

func (a *answering) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, io.EOF
}

// Whatever a program sends to any path, it gets an answer in JSON that is no
// failure of ours; and what reaches a service is what the body says.
func FuzzBodiesOfREST(f *testing.F) {
	routes, err := restRoutes()
	if err != nil {
		f.Fatal(err)
	}
	for i := range routes {
		f.Add(uint8(i), "", `{"title": "Beans", "text": "Soak.", "pad": ""}`)
		f.Add(uint8(i), "update_mask=title&request_id=x", `{"email": "a@b.test", "password": "x", "token": "y"}`)
	}
	for _, body := range []string{
		"", "null", "[]", "{", `{"title": 1}`, `{"title": "a", "title": "b"}`, `{"title": "\ud800"}`, `{"createTime": "x"}`, `{"\u0074itle": "a"}`,
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), `{"title": "a"} {}`, "\ufeff{}", `{"noteCount": 1e400}`,
	} {
		f.Add(uint8(len(routes)-1), "filter=pad", body)
		f.Add(uint8(7), "page_size=%31", body)
	}
	services := &answering{}
	door, err := newDoor(f.Context(), doorConfig{
		Backends: backends{services, services, services, &readOnlyServices{}}, FormKey: []byte("a key for forms, only for these tests"), Ready: http.NotFoundHandler(),
		InFlight: 64,
		Log:      slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: func() time.Time { return testNow },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, query, body string) {
		route := routes[int(which)%len(routes)]
		r := httptest.NewRequest(route.verb, "/", strings.NewReader(body))
		r.URL = &url.URL{Path: strings.ReplaceAll(variable.ReplaceAllString(route.template, "$1"), "*", "some-id"), RawQuery: query}
		r.Header.Set("Authorization", "Bearer nj_ses_"+strings.Repeat("a", 43))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		services.asked = nil
		door.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != restType {
			t.Fatalf("%s %s?%s with %q answers %d %s", route.verb, route.template, query, body, w.Code, w.Body)
		}
		if (w.Code == http.StatusOK) != (services.asked != nil) {
			t.Errorf("%s %s?%s with %q answers %d, and the service was asked %v", route.verb, route.template, query, body, w.Code, services.asked)
		}
		wantTitle(t, services.asked, body)
	})
}

// wantTitle compares a title as a service got it with the one in the body, as
// another reader of JSON understands it.
func wantTitle(t *testing.T, asked proto.Message, body string) {
	t.Helper()
	create, ok := asked.(*notespb.CreateNoteRequest)
	if !ok {
		return
	}
	var sent map[string]any
	if body == "" {
		body = "{}" // no body says as little
	}
	err := json.Unmarshal([]byte(body), &sent)
	if err != nil {
		t.Fatalf("%q was taken: %v", body, err)
	}
	title, _ := sent["title"].(string)
	if got := create.GetNote().GetTitle(); got != title || !utf8.ValidString(got) {
		t.Errorf("%q has the title %q, and the service got %q", body, title, got)
	}
}
