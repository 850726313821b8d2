package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// licences are those that we may ship with. Another needs somebody who reads it first.
var licences = []string{
	"Apache-2.0",
	"BSD-2-Clause",
	"BSD-3-Clause",
	"BSD-Source-Code", // what the detector takes the BSD-3-Clause of golang.org/x for
	"ISC",
	"MIT",
	"MPL-2.0", // its files are unchanged
}

// bill is what we read of a CycloneDX file.
type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Metadata struct {
		Component component `json:"component"`
	} `json:"metadata"`
	Components   []component `json:"components"`
	Dependencies []struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	} `json:"dependencies"`
}

type component struct {
	Ref      string `json:"bom-ref"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	PURL     string `json:"purl"`
	Hashes   []any  `json:"hashes"`
	Evidence struct {
		Licenses []struct {
			License struct {
				ID string `json:"id"`
			} `json:"license"`
		} `json:"licenses"`
	} `json:"evidence"`
}

func readBill(path string) (*bill, error) {
	data, err := os.ReadFile(path) //nolint:gosec // who runs it names the folder
	if err != nil {
		return nil, err
	}
	var b bill
	err = json.Unmarshal(data, &b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &b, nil
}

// check returns a line for each thing in which the bill is wrong about a service that is made of the modules.
func (b *bill) check(service string, modules map[string]string) []string {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	main := b.Metadata.Component
	if b.Format != "CycloneDX" || b.Spec != "1.6" {
		say("its format is %q %q, not CycloneDX 1.6", b.Format, b.Spec)
	}
	if main.Name != ours+"services/"+service || main.Type != "application" {
		say("it is about the %s %s", main.Type, main.Name)
	}
	refs := map[string]bool{main.Ref: true}
	left := maps.Clone(modules)
	delete(left, main.Name)
	for _, c := range b.Components {
		refs[c.Ref] = true
		version, compiled := left[c.Name]
		delete(left, c.Name)
		switch {
		case c.Name == "std":
			continue // Go's own, of Go's own licence
		case !compiled:
			say("%s %s is not compiled in, or stands there twice", c.Name, c.Version)
		case strings.HasPrefix(c.Name, ours):
			continue
		case c.Version != version:
			say("%s is %s, not %s", c.Name, version, c.Version)
		}
		for _, line := range c.check() {
			say("%s %s: %s", c.Name, c.Version, line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		say("%s %s is missing", name, left[name])
	}
	if !slices.ContainsFunc(b.Components, func(c component) bool { return c.Name == "std" }) {
		say("the standard library is missing")
	}
	for _, d := range b.Dependencies {
		for _, ref := range append([]string{d.Ref}, d.DependsOn...) {
			if !refs[ref] {
				say("a dependency names %s, which is no component", ref)
			}
		}
	}
	return lines
}

// check tells what is wrong with a component that comes from others.
func (c component) check() []string {
	var lines []string
	if !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@"+c.Version) {
		lines = append(lines, "its package URL is "+c.PURL)
	}
	if len(c.Hashes) == 0 {
		lines = append(lines, "it has no hash")
	}
	if len(c.Evidence.Licenses) == 0 {
		lines = append(lines, "it has no licence")
	}
	for _, l := range c.Evidence.Licenses {
		if !slices.Contains(licences, l.License.ID) {
			lines = append(lines, fmt.Sprintf("its licence is %q, which is not among those that we ship with", l.License.ID))
		}
	}
	return lines
}
