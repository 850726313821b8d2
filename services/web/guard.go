package web

// The order in which every page request is checked (product.md, "Who may do what"): where it comes from, who sends it,
// its form token. Whose thing it is and what the fields hold is checked by the service that keeps them.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// crossOrigin refuses what a browser sends on behalf of another site.
var crossOrigin = http.NewCrossOriginProtection()

// serve runs a route's handler behind the checks.
func (s *site) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nameRoute(r, route.path)
		ctx, cancel := context.WithTimeout(r.Context(), route.time)
		defer cancel()
		v := &visit{site: s, w: w, r: r.WithContext(ctx)}
		err := v.handle(route) //nolint:contextcheck // the visit's request carries the context
		if err != nil {
			v.fail(err) //nolint:contextcheck // as above
		}
	})
}

func (v *visit) handle(route route) error {
	if route.path == unknownRoute {
		return v.ifRoom(route.class, func() error { return route.get(v) })
	}
	if !slices.Contains(route.methods(), v.r.Method) {
		v.w.Header().Set("Allow", strings.Join(route.methods(), ", "))
		return errMethod
	}
	if isRead(v.r.Method) {
		return v.ifRoom(route.class, func() error { return v.open(route) })
	}
	return v.send(route)
}

// open answers a GET.
func (v *visit) open(route route) error {
	sent, err := v.sentToSignIn(route)
	if sent || err != nil {
		return err
	}
	return route.get(v)
}

// send answers a POST. What takes as long as whoever sends it likes, the form, is read before it takes room from others.
func (v *visit) send(route route) error {
	err := sameOrigin(v.r)
	if err != nil {
		return err
	}
	sent, err := v.sentToSignIn(route)
	if sent || err != nil {
		return err
	}
	err = v.readForm(route)
	if err != nil {
		return err
	}
	err = v.passPerson()
	if err != nil {
		return err
	}
	return v.ifRoom(policypb.Class_CLASS_WRITE, func() error { return route.post(v) })
}

// sentToSignIn finds out who this is if the route needs to know, and sends nobody to sign in first.
func (v *visit) sentToSignIn(route route) (bool, error) {
	if route.audience == "" {
		return false, nil
	}
	err := v.signedIn(route.audience)
	if errors.Is(err, errNoSession) {
		v.redirect("/signin/?next=" + url.QueryEscape(v.r.URL.RequestURI()))
		return true, nil
	}
	return false, err
}

// sameOrigin refuses a request that another site made the browser send, and one that does not say where it comes from:
// every browser of this decade sends Sec-Fetch-Site or Origin.
func sameOrigin(r *http.Request) error {
	err := crossOrigin.Check(r)
	if err != nil {
		return errForged.with(err)
	}
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" {
		return errForged.with(errors.New("neither Sec-Fetch-Site nor Origin"))
	}
	return nil
}

// readForm reads a POST's form within its limit and checks its token.
func (v *visit) readForm(route route) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, route.limit)
	err := v.r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errTooLarge.with(err)
	}
	if err != nil {
		return errUnreadable.with(err)
	}
	v.form = v.r.PostForm //nolint:forbidigo // the form of a request, not http.PostForm
	for name, values := range v.form {
		for _, value := range values {
			if !utf8.ValidString(value) {
				return errUnreadable.with(fmt.Errorf("form field %q is not UTF-8", name))
			}
		}
	}
	if !v.site.tokens.check(v.form.Get(formTokenField), v.formSecret()) {
		return errForged.with(errors.New("form token is missing or wrong"))
	}
	return nil
}
