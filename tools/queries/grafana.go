package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// dashboard is as much of a dashboard's JSON as we look at.
type dashboard struct {
	UID    string  `json:"uid"`
	Title  string  `json:"title"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Grid        grid       `json:"gridPos"`
	Datasource  datasource `json:"datasource"`
	Targets     []struct {
		Expr   string `json:"expr"`
		Legend string `json:"legendFormat"`
	} `json:"targets"`
}

type grid struct{ X, Y, W, H int }

type datasource struct {
	UID string `json:"uid"`
}

// ourSource is the uid of the data source in grafana/provisioning/datasources.
const ourSource = "prometheus"

// columns is how wide a dashboard is.
const columns = 24

// readDashboards reads every dashboard of a folder.
func readDashboards(dir string) (queries []query, mistakes []string) {
	paths, err := filepath.Glob(dir + "/*.json")
	if err != nil || len(paths) == 0 {
		return nil, []string{dir + ": there are no dashboards"}
	}
	for _, path := range paths {
		data, err := os.ReadFile(path) //nolint:gosec // who runs it names the folder
		if err != nil {
			return nil, []string{err.Error()}
		}
		var d dashboard
		err = json.Unmarshal(data, &d)
		if err != nil {
			mistakes = append(mistakes, fmt.Sprintf("%s: %v", path, err))
			continue
		}
		found, lines := d.read(filepath.Base(path))
		queries = append(queries, found...)
		mistakes = append(mistakes, lines...)
	}
	return queries, mistakes
}

// read returns a dashboard's queries, and a line for each mistake.
func (d *dashboard) read(name string) (queries []query, mistakes []string) {
	say := func(format string, args ...any) { mistakes = append(mistakes, name+": "+fmt.Sprintf(format, args...)) }
	if d.UID == "" || d.Title == "" {
		say("it has no uid or no title")
	}
	ids := make(map[int]bool)
	for i, p := range d.Panels {
		if ids[p.ID] {
			say("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		if p.Grid.W < 1 || p.Grid.H < 1 || p.Grid.X < 0 || p.Grid.X+p.Grid.W > columns {
			say("%q stands outside", p.Title)
		}
		for _, other := range d.Panels[:i] {
			if p.Grid.overlaps(other.Grid) {
				say("%q lies over %q", p.Title, other.Title)
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			say("panel %d, %q, lacks a title, a description or a query", p.ID, p.Title)
		}
		if p.Datasource.UID != ourSource {
			say("%q asks %q, not %q", p.Title, p.Datasource.UID, ourSource)
		}
		for _, target := range p.Targets {
			q, err := parse(fmt.Sprintf("%s: %s", name, p.Title), target.Expr, named(target.Legend, legendLabel))
			if err != nil {
				mistakes = append(mistakes, err.Error())
				continue
			}
			queries = append(queries, q)
		}
	}
	return queries, mistakes
}

func (g grid) overlaps(other grid) bool {
	return g.X < other.X+other.W && other.X < g.X+g.W && g.Y < other.Y+other.H && other.Y < g.Y+g.H
}
