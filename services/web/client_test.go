package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"gitlab.com/notejam/notejam/proto/authpb"
)

func TestNetwork_IsThatOfTheClientAndNotWhatTheClientSays(t *testing.T) {
	for _, c := range []struct {
		name      string
		proxies   int
		peer      string
		forwarded []string
		want      string
	}{
		{"the peer", 0, "203.0.113.77:1234", nil, "203.0.113.0/24"},
		{"the peer by IPv6", 0, "[2001:db8:7:8::9]:1234", nil, "2001:db8:7::/48"},
		{"an IPv4 peer on an IPv6 socket", 0, "[::ffff:203.0.113.77]:1234", nil, "203.0.113.0/24"},
		{"a peer with a zone", 0, "[fe80::1%eth0]:1234", nil, "fe80::/48"},
		{"a peer that says it is a proxy", 0, "203.0.113.77:1234", []string{"198.51.100.1"}, "203.0.113.0/24"},
		{"behind one proxy", 1, "10.0.0.1:1234", []string{"203.0.113.77"}, "203.0.113.0/24"},
		{"behind one proxy, with a forged entry", 1, "10.0.0.1:1234", []string{"198.51.100.1, 203.0.113.77"}, "203.0.113.0/24"},
		{"behind one proxy, with a forged line", 1, "10.0.0.1:1234", []string{"198.51.100.1", "203.0.113.77"}, "203.0.113.0/24"},
		{"behind one proxy that names the port", 1, "10.0.0.1:1234", []string{"203.0.113.77:443"}, "203.0.113.0/24"},
		{"behind one proxy that names the port of IPv6", 1, "10.0.0.1:1234", []string{"[2001:db8:7:8::9]:443"}, "2001:db8:7::/48"},
		{"behind two proxies", 2, "10.0.0.1:1234", []string{"198.51.100.1,203.0.113.77 , 10.0.0.2"}, "203.0.113.0/24"},
		{"past the outer of two proxies", 2, "10.0.0.1:1234", []string{"198.51.100.1"}, ""},
		{"past the proxy", 1, "10.0.0.1:1234", nil, ""},
		{"nothing that is an address", 1, "10.0.0.1:1234", []string{"203.0.113.77, unknown"}, ""},
		{"an obfuscated address", 1, "10.0.0.1:1234", []string{"_hidden"}, ""},
		{"no peer", 0, "@", nil, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, value := range c.forwarded {
			r.Header.Add("X-Forwarded-For", value)
		}
		got := clients{c.proxies}.of(r).GetNetwork()
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDevice_IsTheNameOfABrowserAndItsSystem(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0":                                                                    "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                           "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0":             "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":                     "Safari on macOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0":       "Opera on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1":   "Safari on iPhone",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/144.0 Mobile/15E148 Safari/605.1.15": "Firefox on iPhone",
		"Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1":         "Chrome on iPad",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36":       "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                            "Chrome on ChromeOS",
		"curl/8.14.1":            "curl",
		"Go-http-client/1.1":     "Go",
		"python-requests/2.32.5": "Python",
		"Mozilla/5.0 (X11; Linux x86_64) Something/1.0": "unknown",
		"":                     "unknown",
		"ada@example.org":      "unknown",
		"203.0.113.77 \x00<b>": "unknown",
		strings.Repeat("x", maxUserAgent) + " Firefox/144.0": "unknown",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%s: got %q, want %q", agent, got, want)
		}
	}
}

// What auth takes is written once more here, since services do not know each other.
func TestDevice_IsAlwaysOneThatAuthTakes(t *testing.T) {
	form := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*$`)
	for _, browser := range browsers {
		for _, system := range append(systems, mark{}) {
			device := deviceOf(browser.part + " " + system.part)
			if !form.MatchString(device) || len(device) > 40 || !strings.HasPrefix(device, browser.name) {
				t.Errorf("%s on %s is %q", browser.name, system.name, device)
			}
		}
	}
}

func TestSignIn_TellsAuthWhereItComesFromAndNoAddress(t *testing.T) {
	d := startDoor(t)
	d.person("ada@example.org")
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
	b, p := d.visitor(t), d.visitor(t)
	for _, client := range []*browser{b, p} {
		client.header.Set("User-Agent", firefox)
		client.header.Set("X-Forwarded-For", "203.0.113.77")
	}
	b.submit("/signin/", map[string]string{"email": "ada@example.org", "password": goodPassword})
	want := &authpb.Client{Device: "Firefox on Linux", Network: "127.0.0.0/24"}
	if diff := cmp.Diff(want, last[*authpb.SignInRequest](d.world).GetClient(), protocmp.Transform()); diff != "" {
		t.Errorf("by the page:\n%s", diff)
	}
	for name, client := range map[string]string{
		"without a word":   ``,
		"with an address":  `, "client": {"device": "My phone", "network": "203.0.113.77"}`,
		"with another one": `, "client": {"device": "Safari on iPhone", "network": "198.51.100.0/24"}`,
	} {
		body := `{"email": "ada@example.org", "password": "` + goodPassword + `"` + client + `}`
		wantStatus(t, p.do(http.MethodPost, "/v1/auth:signIn", "application/json", body), http.StatusOK)
		if diff := cmp.Diff(want, last[*authpb.SignInRequest](d.world).GetClient(), protocmp.Transform()); diff != "" {
			t.Errorf("by REST, %s:\n%s", name, diff)
		}
	}
}
