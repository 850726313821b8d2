package web

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pairs are the colours that lie on one another, with the contrast that WCAG 2.2 AA asks for: 4.5 for text (1.4.3), 3 for
// the edges of controls and for focus (1.4.11).
var pairs = []struct {
	front, back string
	least       float64
}{
	{"ink", "paper", 4.5}, {"ink", "side", 4.5}, {"ink", "hover", 4.5},
	{"muted", "paper", 4.5}, {"muted", "side", 4.5}, {"muted", "hover", 4.5}, {"muted", "soft", 4.5},
	{"accent", "paper", 4.5}, {"accent", "side", 4.5}, {"accent", "hover", 4.5},
	{"accent-strong", "paper", 4.5}, {"accent-strong", "soft", 4.5}, {"accent-strong", "hover", 4.5},
	{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
	{"danger", "paper", 4.5}, {"danger", "danger-soft", 4.5}, {"paper", "danger", 4.5},
	{"edge", "paper", 3}, {"edge", "side", 3},
}

func TestColours_HaveEnoughContrastInBothSchemes(t *testing.T) {
	css, err := staticFiles.ReadFile("static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark scheme")
	}
	dark, _, _ := strings.Cut(rest, "/* Base */")
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colours := tokens(t, text)
		for _, p := range pairs {
			front, ok1 := colours[p.front]
			back, ok2 := colours[p.back]
			if !ok1 || !ok2 {
				t.Fatalf("%s has no colour %s or %s", scheme, p.front, p.back)
			}
			if got := contrast(front, back); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", scheme, p.front, p.back, got, p.least)
			}
		}
	}
}

func TestContrast_IsThatOfWCAG(t *testing.T) {
	if got := contrast(luminance(0), luminance(0xffffff)); math.Abs(got-21) > 0.01 {
		t.Errorf("black on white: %.2f", got)
	}
	if got := contrast(luminance(0x777777), luminance(0xffffff)); math.Abs(got-4.48) > 0.01 {
		t.Errorf("#777777 on white: %.2f", got)
	}
}

var token = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

// tokens reads the luminance of every colour.
func tokens(t *testing.T, css string) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for _, match := range token.FindAllStringSubmatch(css, -1) {
		value, err := strconv.ParseUint(match[2], 16, 24)
		if err != nil {
			t.Fatal(err)
		}
		found[match[1]] = luminance(value)
	}
	return found
}

// luminance is WCAG's relative luminance.
func luminance(rgb uint64) float64 {
	part := func(shift int) float64 {
		v := float64(rgb>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(a, b float64) float64 {
	return (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05)
}
