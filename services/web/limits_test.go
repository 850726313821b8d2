package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/limit"
	"gitlab.com/notejam/notejam/platform/rpc"
)

// twoAtOnce is a door whose limits are two at once, and one more every ten seconds. It stands behind a proxy, so that tests can come from many addresses.
func twoAtOnce(t *testing.T) *testDoor {
	t.Helper()
	rate := limit.Rate{Count: 6, Per: time.Minute, Burst: 2}
	return startDoorWith(t, doorConfig{Proxies: 1, Limits: limitRates{Calls: rate, BadTokens: rate}})
}

// at makes the browser's next requests come from an address.
func (b *browser) at(address string) *browser {
	b.header.Set("X-Forwarded-For", address)
	return b
}

func rateHeaders(a answered) string {
	return a.header.Get("RateLimit-Policy") + " " + a.header.Get("RateLimit") + " " + a.header.Get("Retry-After")
}

func TestREST_APersonHasSoManyCallsAndIsToldHowManyAreLeft(t *testing.T) {
	d := twoAtOnce(t)
	p := d.program(t)
	for i, want := range []string{`"person";q=6;w=60 "person";r=1;t=10 `, `"person";q=6;w=60 "person";r=0;t=20 `} {
		answer := p.at("203.0.113.77").do(http.MethodGet, "/v1/notes", "", "")
		wantStatus(t, answer, http.StatusOK)
		if got := rateHeaders(answer); got != want {
			t.Errorf("call %d: got %q, want %q", i, got, want)
		}
	}
	before := d.count()
	refused := p.at("203.0.113.78").do(http.MethodGet, "/v1/notes/none", "", "")
	body := wantRESTError(t, refused, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "RATE_LIMITED")
	if got := rateHeaders(refused); got != `"person";q=6;w=60 "person";r=0;t=20 10` {
		t.Errorf("refused: got %q", got)
	}
	if body.Error.Message != "Too many tries. Wait 10 seconds and try again." || len(body.Error.Details) != 2 || body.Error.Details[1]["retryDelay"] != "10s" {
		t.Errorf("got %+v", body.Error)
	}
	if calls := d.since(before); len(calls) > 0 {
		t.Errorf("a service was asked: %v", calls)
	}
	other := d.visitor(t)
	other.header = http.Header{"Authorization": {"Bearer " + d.person("ben@example.org")}}
	wantStatus(t, other.at("203.0.113.77").do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	d.clock.Add(10)
	wantRESTError(t, p.do(http.MethodGet, "/v1/notes/none", "", ""), http.StatusNotFound, "NOT_FOUND", "NOTE_NOT_FOUND")
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusTooManyRequests)
}

func TestREST_AnAddressHasSoManyCallsOfNobody(t *testing.T) {
	d := twoAtOnce(t)
	b := d.visitor(t)
	signIn := func(address string) answered {
		return b.at(address).do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email": "ada@example.org", "password": "wrong"}`)
	}
	for range 2 {
		answer := signIn("2001:db8:7:8::9")
		wantStatus(t, answer, http.StatusUnauthorized)
		if !strings.HasPrefix(rateHeaders(answer), `"address";q=6;w=60 "address";r=`) {
			t.Errorf("got %q", rateHeaders(answer))
		}
	}
	wantRESTError(t, signIn("2001:db8:7:8:ffff::1"), http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "RATE_LIMITED")
	wantStatus(t, signIn("2001:db8:7:9::9"), http.StatusUnauthorized)
}

func TestREST_AnAddressHasSoManyBadTokensAndATokenKnownToBeRightPasses(t *testing.T) {
	d := twoAtOnce(t)
	p, bad := d.program(t), d.visitor(t)
	wantStatus(t, p.at("203.0.113.77").do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	bad.header = http.Header{"Authorization": {"Bearer nj_ses_" + strings.Repeat("A", 43)}}
	for _, left := range []string{"1", "0"} {
		answer := bad.at("203.0.113.77").do(http.MethodGet, "/v1/notes", "", "")
		wantRESTError(t, answer, http.StatusUnauthorized, "UNAUTHENTICATED", "TOKEN_INVALID")
		if !strings.Contains(rateHeaders(answer), `"bad_token";r=`+left) {
			t.Errorf("got %q", rateHeaders(answer))
		}
	}
	before := d.count()
	refused := bad.do(http.MethodGet, "/v1/notes", "", "")
	wantRESTError(t, refused, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "RATE_LIMITED")
	if refused.header.Get("Retry-After") != "10" || len(d.since(before)) != 0 {
		t.Errorf("again after %q s; auth was asked %v", refused.header.Get("Retry-After"), d.since(before))
	}
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	wantRESTError(t, bad.at("203.0.113.78").do(http.MethodGet, "/v1/notes", "", ""), http.StatusUnauthorized, "UNAUTHENTICATED", "TOKEN_INVALID")
}

func TestForms_OfAnybodyAreRefusedWhenTheyAreTooManyWithWhatWasTyped(t *testing.T) {
	d := twoAtOnce(t)
	d.addReset()
	b := d.visitor(t)
	for _, c := range []struct {
		path   string
		values map[string]string
		kept   string
	}{
		{"/signin/", map[string]string{"email": "ada@example.org", "password": "wrong"}, "email"},
		{"/signup/", map[string]string{"email": "ada at example", "password": newPassword, "confirm_password": newPassword}, "email"},
		{"/forgot-password/", map[string]string{"email": "ada at example"}, "email"},
		{someResetPath, chosen("password", "password"), ""},
	} {
		for range 2 {
			wantStatus(t, b.at("203.0.113.77").submit(c.path, c.values), http.StatusUnprocessableEntity)
		}
		form := b.fill(c.path, c.values) // pages are shown as ever
		before := d.count()
		answer := b.post(c.path, form)
		wantStatus(t, answer, http.StatusTooManyRequests)
		wantText(t, answer, "Too many tries. Wait 10 seconds and try again.")
		if c.kept != "" && formOf(t, answer.body).Get(c.kept) != c.values[c.kept] {
			t.Errorf("%s: the form has lost what was typed", c.path)
		}
		if answer.header.Get("Retry-After") != "10" || answer.header.Get("RateLimit") != "" {
			t.Errorf("%s: the headers are %v", c.path, answer.header)
		}
		for _, call := range d.since(before) {
			if call != "CheckPasswordReset" { // which shows the form again
				t.Errorf("%s: auth was asked to %s", c.path, call)
			}
		}
		wantStatus(t, b.at("203.0.113.78").post(c.path, form), http.StatusUnprocessableEntity)
		d.clock.Add(60)
	}
}

func TestForms_SayHowLongAuthWantsToBeLeftAlone(t *testing.T) {
	d := startDoor(t)
	d.addReset()
	tooMany := fault.New(fault.Exhausted, "TOO_MANY_TRIES", "Too many tries. Wait 60 seconds and try again.").RetryIn(time.Minute)
	b := d.visitor(t)
	signedIn := d.signedIn(t, "ada@example.org")
	for _, c := range []struct {
		b            *browser
		path, method string
		values       map[string]string
	}{
		{b, "/signin/", "SignIn", map[string]string{"email": "ada@example.org", "password": "wrong"}},
		{b, "/signup/", "SignUp", map[string]string{"email": "ada@example.org", "password": newPassword, "confirm_password": newPassword}},
		{b, "/forgot-password/", "RequestPasswordReset", map[string]string{"email": "ada@example.org"}},
		{signedIn, "/settings/", "ChangePassword", map[string]string{"current_password": "wrong", "new_password": newPassword, "confirm_password": newPassword}},
	} {
		d.fail(c.method, tooMany)
		answer := c.b.submit(c.path, c.values)
		wantStatus(t, answer, http.StatusTooManyRequests)
		wantText(t, answer, "Too many tries. Wait 60 seconds and try again.")
		if after := answer.header.Get("Retry-After"); after != "60" && after != "61" { // up to three per cent more
			t.Errorf("%s: again after %q s", c.path, after)
		}
	}
	answer := d.visitor(t).do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email": "ada@example.org", "password": "wrong"}`)
	wantRESTError(t, answer, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "TOO_MANY_TRIES")
	if after := answer.header.Get("Retry-After"); after != "60" && after != "61" {
		t.Errorf("by REST: again after %q s", after)
	}
}

func TestForms_OfAPersonAreCountedWithTheirCallsAndPagesAreNot(t *testing.T) {
	d := twoAtOnce(t)
	b := d.signedIn(t, "ada@example.org").at("203.0.113.77")
	p := d.program(t).at("203.0.113.78")
	for range 10 {
		wantStatus(t, b.get("/"), http.StatusOK)
	}
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusOK)
	form := b.fill("/pads/create/", map[string]string{"name": "Kitchen"})
	wantStatus(t, b.post("/pads/create/", form), http.StatusSeeOther)
	before := d.count()
	answer := b.post("/pads/create/", form)
	wantStatus(t, answer, http.StatusTooManyRequests)
	wantText(t, answer, "Too many tries. Wait 10 seconds and try again.")
	wantText(t, answer, "what you typed is still there")
	if calls := d.since(before); len(calls) != 0 || answer.header.Get("Retry-After") != "10" {
		t.Errorf("services were asked: %v; again after %q s", calls, answer.header.Get("Retry-After"))
	}
	wantStatus(t, p.do(http.MethodGet, "/v1/notes", "", ""), http.StatusTooManyRequests)
	wantStatus(t, b.get("/"), http.StatusOK)
}

func TestAuthIsToldTheAddressBesideTheMessageAndNobodyElseIs(t *testing.T) {
	d := startDoorWith(t, doorConfig{Proxies: 1})
	d.person("ada@example.org")
	b := d.visitor(t).at("198.51.100.1, 203.0.113.77")
	b.header.Set("X-Client-Address", "198.51.100.2")
	b.header.Set("Grpc-Metadata-X-Client-Address", "198.51.100.3")
	b.header.Set("Grpc-Metadata-X-Client-Device", "forged")
	b.submit("/signup/", map[string]string{"email": "new@example.org", "password": newPassword, "confirm_password": newPassword})
	b.submit("/forgot-password/", map[string]string{"email": "ada@example.org"})
	b.submit("/signin/", map[string]string{"email": "ada@example.org", "password": goodPassword})
	b.get("/")
	for method, want := range map[string]rpc.Client{
		"SignUp": {Address: "203.0.113.77"}, "SignIn": {Address: "203.0.113.77"}, "RequestPasswordReset": {Address: "203.0.113.77"},
		"GetNotesPage": {}, "ExchangeSession": {},
	} {
		if diff := cmp.Diff(want, d.cameFrom(method)); diff != "" {
			t.Errorf("%s: %s", method, diff)
		}
	}
	b.at("2001:db8:7:8::9").do(http.MethodPost, "/v1/auth:signIn", "application/json", `{"email": "ada@example.org", "password": "wrong"}`)
	if got := d.cameFrom("SignIn"); got != (rpc.Client{Address: "2001:db8:7:8::"}) {
		t.Errorf("by REST: %+v", got)
	}
	for _, address := range []string{"203.0.113.77", "198.51.100", "2001:db8"} {
		if strings.Contains(d.log.String(), address) {
			t.Errorf("the log has %s:\n%s", address, d.log)
		}
	}
}
