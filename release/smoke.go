package release

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// smokeTimeout is for one answer: a site that is slower is not well.
	smokeTimeout = 10 * time.Second
	// pageLimit is more than any page of ours has.
	pageLimit = 1 << 20
)

// Smoke asks the site what anybody may: whether it is ready, and for the page that people sign in on.
func Smoke(ctx context.Context, site string) error {
	for _, check := range []struct{ path, has string }{
		{"/readyz", ""},
		{"/signin/", "<form"},
	} {
		err := visit(ctx, site+check.path, check.has)
		if err != nil {
			return fmt.Errorf("visit %s: %w", site+check.path, err)
		}
	}
	return nil
}

func visit(ctx context.Context, url, has string) error {
	ctx, cancel := context.WithTimeout(ctx, smokeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: smokeTimeout}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(io.LimitReader(response.Body, pageLimit))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	if !strings.Contains(string(page), has) {
		return fmt.Errorf("the page has no %s", has)
	}
	return nil
}
