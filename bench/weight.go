package bench

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// weight is what a browser that comes for the first time fetches for home, in bytes of the bodies as they go over the wire.
type weight struct {
	files []weighed // home first
}

type weighed struct {
	kind  string // "HTML", "CSS", "JS" or "icon"
	bytes int
	kept  bool // under a name with its hash, for good
}

// total leaves the icon out: it is fetched after the page is there.
func (w weight) total() int {
	sum := 0
	for _, file := range w.files {
		if file.kind != "icon" {
			sum += file.bytes
		}
	}
	return sum
}

var linked = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

var hashed = regexp.MustCompile(`\.[0-9a-f]{10}\.[a-z]+$`)

// weigh fetches home and what its head names.
func weigh(ctx context.Context, base string, p person) (weight, error) {
	home, header, err := fetch(ctx, base+"/", p)
	if err != nil {
		return weight{}, err
	}
	html := home
	if header.Get("Content-Encoding") == "gzip" {
		html, err = unzip(home)
		if err != nil {
			return weight{}, err
		}
	}
	w := weight{files: []weighed{{kind: "HTML", bytes: len(home)}}}
	for _, match := range linked.FindAllStringSubmatch(html, -1) {
		body, header, err := fetch(ctx, base+match[1], p)
		if err != nil {
			return weight{}, err
		}
		kept := hashed.MatchString(match[1]) && strings.Contains(header.Get("Cache-Control"), "immutable")
		w.files = append(w.files, weighed{kind: kindOf(match[1]), bytes: len(body), kept: kept})
	}
	return w, nil
}

func kindOf(path string) string {
	switch {
	case strings.HasSuffix(path, ".css"):
		return "CSS"
	case strings.HasSuffix(path, ".js"):
		return "JS"
	default:
		return "icon"
	}
}

// fetch gives a body as it comes: naming the encoding ourselves keeps net/http from undoing it.
func fetch(ctx context.Context, url string, p person) (body string, header http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	req.Header.Set("Cookie", p.cookies())
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := direct.Do(req)
	if err != nil {
		return "", nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", nil, fmt.Errorf("fetch %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("fetch %s: it answers %d", url, resp.StatusCode)
	}
	return string(text), resp.Header, nil
}

func unzip(body string) (string, error) {
	reader, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("unpack home: %w", err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return "", fmt.Errorf("unpack home: %w", err)
	}
	return string(text), nil
}
