package web

import (
	"net/url"
	"path"
	"strings"
)

// maxNext bounds next=; our longest paths are far below.
const maxNext = 1000

// localPath gives next if it is a path of this site that may follow sign-in, with its query; else "/". What it gives
// starts with exactly one slash and holds no backslash and no control character, raw or escaped, so that no browser
// takes it for another host.
func localPath(next string) string {
	target, err := url.Parse(next)
	if err != nil || len(next) > maxNext || target.IsAbs() || target.Host != "" || target.User != nil || target.Opaque != "" {
		return "/"
	}
	clean := path.Clean(target.Path)
	if clean != "/" && strings.HasSuffix(target.Path, "/") {
		clean += "/"
	}
	odd := strings.ContainsFunc(target.Path+next, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' || r == 0xfffd })
	if odd || !strings.HasPrefix(next, "/") || clean != target.Path || strings.HasPrefix(clean, "//") {
		return "/"
	}
	if strings.HasPrefix(clean, "/signin") || strings.HasPrefix(clean, "/signout") || strings.HasPrefix(clean, "/v1/") {
		return "/" // nobody wants to arrive there
	}
	local := (&url.URL{Path: target.Path, RawPath: target.RawPath, RawQuery: target.RawQuery}).String()
	if len(local) > maxNext { // escaping made it longer: it would not come back from the form's own next=
		return "/"
	}
	return local
}
