package servicetest

import (
	"os"
	"path/filepath"
	"testing"
)

// witness is a test that remembers whether it failed.
type witness struct {
	testing.TB
	failed bool
}

func (w *witness) Helper()               {}
func (w *witness) Errorf(string, ...any) { w.failed = true }

func TestWantSample_FindsASampleThatIsNotWhatIsSaid(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	err := os.WriteFile(page, []byte("# Page\n\n```\n$ demo list\nletters  2, the oldest 1m0s\n0198c2a4-6d1e-7a01-9c3f-2b8e51d0a977  2026-03-04T05:06:07Z\n$ demo show 7\nseven\n```\n\nMore.\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	const id = "0198c2a4-77aa-7c52-8f19-64d3a70be215"
	for name, c := range map[string]struct {
		command, output string
		failed          bool
	}{
		"the same":                 {"demo show 7", "seven\n", false},
		"another id, time, age":    {"demo list", "letters  2, the oldest 3h2m1s\n" + id + "  2027-01-01T00:00:00Z\n", false},
		"another number":           {"demo list", "letters  3, the oldest 1m0s\n" + id + "  2026-03-04T05:06:07Z\n", true},
		"another column":           {"demo list", "letters  2, the oldest 1m0s\n" + id + " 2026-03-04T05:06:07Z\n", true},
		"a line more":              {"demo show 7", "seven\neight\n", true},
		"nothing":                  {"demo show 7", "", true},
		"a command without sample": {"demo show", "seven\n", true},
	} {
		w := &witness{TB: t}
		WantSample(w, page, c.command, c.output)
		if w.failed != c.failed {
			t.Errorf("%s: failed is %t", name, w.failed)
		}
	}
}
