package web

import (
	"net/url"
	"strings"
	"testing"
)

func TestLocalPath_KeepsPathsOfThisSiteOnly(t *testing.T) {
	for next, want := range map[string]string{
		"/":                             "/",
		"/notes/create/":                "/notes/create/",
		"/notes/create/?pad=1&x=%2F":    "/notes/create/?pad=1&x=%2F",
		"/?order=name&page=abc":         "/?order=name&page=abc",
		"/settings/activity/#top":       "/settings/activity/",
		"/caf%C3%A9/":                   "/caf%C3%A9/",
		"":                              "/",
		"notes/":                        "/",
		"https://evil.example/":         "/",
		"//evil.example/":               "/",
		"///evil.example/":              "/",
		"/\\evil.example/":              "/",
		"\\\\evil.example/":             "/",
		"/%5Cevil.example/":             "/",
		"/%2Fevil.example/":             "/",
		"/%2f%2fevil.example/":          "/",
		"/.//evil.example/":             "/",
		"/..//evil.example/":            "/",
		"/a/..//evil.example/":          "/",
		"/\tevil.example/":              "/",
		"/\n/evil.example/":             "/",
		"/%0d%0aLocation:%20//evil/":    "/",
		"javascript:alert(1)":           "/",
		"http:/evil.example/":           "/",
		"http:evil.example/":            "/",
		"//user@evil.example/":          "/",
		"/\u0000/":                      "/",
		" /notes/":                      "/",
		"/signin/?next=/signin/":        "/",
		"/signout/":                     "/",
		"/v1/notes":                     "/",
		"/" + strings.Repeat("a", 2000): "/",
		"/" + strings.Repeat(" ", 600):  "/", // 1,801 bytes when escaped
		"/%zz":                          "/",
		"?x=1":                          "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("%q: got %q, want %q", next, got, want)
		}
	}
}

func FuzzLocalPath_NeverLeavesTheSite(f *testing.F) {
	for _, next := range []string{"/", "//evil", "/\\evil", "/%2f%2fevil", "/.//evil", "/a/../..//evil", "/notes/?x=//y", "/%5c"} {
		f.Add(next)
	}
	base, err := url.Parse("https://notejam.example/signin/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		local := localPath(next)
		if !strings.HasPrefix(local, "/") || strings.HasPrefix(local, "//") || strings.ContainsAny(local, "\\\r\n\t\x00") {
			t.Fatalf("%q became %q", next, local)
		}
		target, err := base.Parse(local)
		if err != nil || target.Scheme != "https" || target.Host != "notejam.example" || strings.HasPrefix(target.Path, "//") {
			t.Fatalf("%q became %q, which leads to %v (%v)", next, local, target, err)
		}
		if localPath(local) != local {
			t.Fatalf("%q became %q, and that %q", next, local, localPath(local))
		}
	})
}
