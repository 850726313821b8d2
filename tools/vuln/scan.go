package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/vuln/scan"
)

const ours = "gitlab.com/notejam/notejam/services/"

// findings are what govulncheck found, by vulnerability.
type findings struct {
	database  time.Time       // when the database was last changed
	reachable map[string]call // by id: code of ours gets there
	dormant   map[string]call // by id: imported or only required
}

// call is how a vulnerability is reached.
type call struct {
	summary        string
	module, symbol string // of the vulnerable code
	from           string // the place of ours that calls it
	fixed          string // the version that mends it, if one does
}

// message is what we read of one message of govulncheck's JSON output.
type message struct {
	Config *struct {
		DB           string     `json:"db"`
		LastModified *time.Time `json:"db_last_modified"`
	} `json:"config"`
	SBOM *struct {
		Roots []string `json:"roots"` // the packages that it looks at
	} `json:"SBOM"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *finding `json:"finding"`
}

type finding struct {
	OSV   string  `json:"osv"`
	Fixed string  `json:"fixed_version"`
	Trace []frame `json:"trace"` // from the vulnerable symbol to where the program comes in
}

type frame struct {
	Module   string `json:"module"`
	Version  string `json:"version"`
	Package  string `json:"package"`
	Function string `json:"function"`
	Receiver string `json:"receiver"`
	Position *struct {
		Filename string `json:"filename"`
		Line     int    `json:"line"`
	} `json:"position"`
}

// scanned runs govulncheck on services, which is all that ships: platform and proto are looked at where they are called. An empty database means the
// public one.
func scanned(ctx context.Context, root, database string, services []string) (*findings, error) {
	args := []string{"-C", filepath.Join(root, "services", services[0]), "-format", "json"}
	if database != "" {
		args = append(args, "-db", database)
	}
	var mains []string
	for _, service := range services {
		args = append(args, ours+service+"/...")
		mains = append(mains, ours+service+"/cmd/"+service)
	}
	var output, complaints bytes.Buffer
	cmd := scan.Command(ctx, args...)
	// In the workspace all services are looked at together, and what they share once.
	cmd.Env = append(os.Environ(), "GOWORK=auto")
	cmd.Stdout, cmd.Stderr = &output, &complaints
	err := errors.Join(cmd.Start(), cmd.Wait())
	if err != nil {
		return nil, fmt.Errorf("govulncheck: %w\n%s", err, complaints.String())
	}
	return read(&output, mains)
}

// read reads govulncheck's output. What does not look at all the mains has not looked.
func read(output io.Reader, mains []string) (*findings, error) {
	found := &findings{reachable: make(map[string]call), dormant: make(map[string]call)}
	summaries := make(map[string]string)
	var roots []string
	decoder := json.NewDecoder(output)
	for {
		var m message
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read what govulncheck found: %w", err)
		}
		switch {
		case m.Config != nil && m.Config.LastModified == nil:
			// govulncheck takes an empty folder for a database that knows of nothing.
			return nil, fmt.Errorf("%s is no database: it has no index/db.json that says when it was changed", m.Config.DB)
		case m.Config != nil:
			found.database = *m.Config.LastModified
		case m.SBOM != nil:
			roots = m.SBOM.Roots
		case m.OSV != nil:
			summaries[m.OSV.ID] = m.OSV.Summary
		case m.Finding != nil && len(m.Finding.Trace) > 0:
			found.add(m.Finding)
		}
	}
	if found.database.IsZero() {
		return nil, errors.New("govulncheck said nothing")
	}
	for _, name := range mains {
		if !slices.Contains(roots, name) {
			return nil, fmt.Errorf("govulncheck did not look at %s, but at %q", name, roots)
		}
	}
	for id := range found.reachable {
		delete(found.dormant, id)
	}
	for _, calls := range []map[string]call{found.reachable, found.dormant} {
		for id := range maps.Clone(calls) {
			c := calls[id]
			c.summary = summaries[id]
			calls[id] = c
		}
	}
	return found, nil
}

// add keeps a finding. There are several of one vulnerability: that its module is required, that its package is imported, and each way to its symbols.
func (f *findings) add(one *finding) {
	vulnerable, entry := one.Trace[0], one.Trace[len(one.Trace)-1]
	c := call{module: vulnerable.Module + "@" + vulnerable.Version, fixed: one.Fixed}
	if vulnerable.Function == "" {
		f.dormant[one.OSV] = c
		return
	}
	_, known := f.reachable[one.OSV]
	if known {
		return // one way is enough to block
	}
	c.symbol = vulnerable.Package + "." + vulnerable.Function
	if vulnerable.Receiver != "" {
		c.symbol = vulnerable.Package + "." + vulnerable.Receiver + "." + vulnerable.Function
	}
	c.from = entry.Package + "." + entry.Function
	if entry.Position != nil {
		c.from += fmt.Sprintf(" (%s:%d)", entry.Position.Filename, entry.Position.Line)
	}
	f.reachable[one.OSV] = c
}
