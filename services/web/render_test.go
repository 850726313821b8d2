package web

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/pages anew")

// plainPath names static files without their hash, so that a change of the stylesheet leaves the golden pages alone.
func plainPath(name string) (string, error) { return "/static/" + name, nil }

func TestPages_LookAsInTestdata(t *testing.T) {
	renderer, err := newRenderer(plainPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fixtures() {
		t.Run(f.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			err := renderer.write(recorder, http.StatusOK, f.page, f.view)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "pages", f.name+".html")
			if *update {
				err = os.WriteFile(golden, recorder.Body.Bytes(), 0o600)
				if err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), recorder.Body.String()); diff != "" {
				t.Errorf("the page changed; look at it and run the test with -update (-want +got):\n%s", diff)
			}
		})
	}
}
