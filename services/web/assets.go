package web

// Static files: each is served under a name with a hash of its content, so that browsers may keep it for good, and
// compressed once at start.

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

const staticPath = "/static/"

// assetTypes are the kinds of files that static/ may hold.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml; charset=utf-8",
}

// assets serves the files of static/.
type assets struct {
	byPath map[string]asset  // "/static/app.0123456789.css"
	paths  map[string]string // "app.css" → its path
}

type asset struct {
	contentType   string
	cache         string // Cache-Control
	plain, gzip   []byte
	strongTag     string
	compressedTag string
}

// newAssets reads, names and compresses the files.
func newAssets(files fs.FS) (*assets, error) {
	a := &assets{byPath: map[string]asset{}, paths: map[string]string{}}
	names, err := fs.Glob(files, "static/*")
	if err != nil {
		return nil, fmt.Errorf("list static files: %w", err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read static file: %w", err)
		}
		err = a.add(path.Base(name), content)
		if err != nil {
			return nil, fmt.Errorf("static file %s: %w", name, err)
		}
	}
	return a, nil
}

func (a *assets) add(name string, content []byte) error {
	extension := path.Ext(name)
	contentType, known := assetTypes[extension]
	if !known {
		return fmt.Errorf("no content type for %q", extension)
	}
	file, err := newAsset(content, contentType, "public, max-age=31536000, immutable")
	if err != nil {
		return err
	}
	hashed := staticPath + strings.TrimSuffix(name, extension) + "." + strings.Trim(file.strongTag, `"`) + extension
	a.paths[name] = hashed
	a.byPath[hashed] = file
	return nil
}

func newAsset(content []byte, contentType, cache string) (asset, error) {
	compressed, err := compress(content)
	if err != nil {
		return asset{}, err
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:5])
	return asset{
		contentType:   contentType,
		cache:         cache,
		plain:         content,
		gzip:          compressed,
		strongTag:     `"` + hash + `"`,
		compressedTag: `"` + hash + `-gzip"`,
	}, nil
}

func compress(content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	writer, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	_, err = writer.Write(content)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	err = writer.Close()
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return buffer.Bytes(), nil
}

// pathOf gives the path that pages link to. An unknown name is a mistake in a template.
func (a *assets) pathOf(name string) (string, error) {
	hashed, ok := a.paths[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return hashed, nil
}

// serve answers a GET or HEAD for a known path; it says false, and writes nothing, for any other path.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) bool {
	file, ok := a.byPath[r.URL.Path]
	if !ok {
		return false
	}
	file.write(w, r)
	return true
}

// write answers with the file, or with 304 to somebody who has it.
func (file asset) write(w http.ResponseWriter, r *http.Request) {
	body, tag := file.plain, file.strongTag
	header := w.Header()
	if acceptsGzip(r) {
		body, tag = file.gzip, file.compressedTag
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Type", file.contentType)
	header.Set("Cache-Control", file.cache)
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", tag)
	if anyEtag(strings.Join(r.Header.Values("If-None-Match"), ","), tag) {
		header.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a client that went away is nobody's error
}

// acceptsGzip reads Accept-Encoding as far as browsers use it; a coding with q=0 is refused.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) == "gzip" {
			quality := strings.TrimPrefix(strings.TrimSpace(weight), "q=")
			return strings.Trim(quality, "0.") != "" || quality == ""
		}
	}
	return false
}
