package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// mistake is one that somebody might make, planted into what was written, and the property that must notice.
type mistake struct {
	Property string // what it says
	Says     string
	Plant    func(w *world)
}

// TestPlantedMistakesAreNoticed sees every property fail.
func TestPlantedMistakesAreNoticed(t *testing.T) {
	all := map[string]property{}
	for _, p := range properties() {
		all[p.name()] = p
	}
	noticed := map[string]bool{}
	for _, planted := range mistakes() {
		t.Run(planted.Says, func(t *testing.T) {
			w := load(t)
			planted.Plant(w)
			found := false
			for name, p := range all {
				if p.Says != planted.Property {
					continue
				}
				var f faults
				p.Check(w, &f)
				found = found || len(f) > 0
				noticed[name] = noticed[name] || len(f) > 0
			}
			if !found {
				t.Errorf("nothing was wrong for: %s", planted.Property)
			}
		})
	}
	for name := range all {
		if !noticed[name] {
			t.Errorf("no planted mistake is noticed by: %s", name)
		}
	}
}

// set changes one argument of a resource in an environment; a dot leads into a block.
func set(module, kind, name, argument string, value any) func(w *world) {
	return func(w *world) {
		place := at(w.Modules[module].JSON, "resource", kind, name)
		path := strings.Split(argument, ".")
		for _, key := range path[:len(path)-1] {
			place = at(place, key)
		}
		last := path[len(path)-1]
		if len(place) == 0 {
			panic("there is no " + kind + "." + name + " " + argument)
		}
		if value == nil {
			delete(place, last)
			return
		}
		place[last] = value
	}
}

// edit changes text in an argument that is a string.
func edit(module, kind, name, argument, old, with string) func(w *world) {
	return func(w *world) {
		place := w.Modules[module].one(kind, name)
		before := word(place[argument])
		after := strings.ReplaceAll(before, old, with)
		if before == after {
			panic("there is no " + old + " in " + kind + "." + name)
		}
		place[argument] = after
	}
}

// add copies a resource under another name and changes it.
func add(module, kind, from, name string, changes block) func(w *world) {
	return func(w *world) {
		resources := at(w.Modules[module].JSON, "resource", kind)
		content, err := json.Marshal(resources[from])
		if err != nil || resources[from] == nil {
			panic("there is no " + kind + "." + from)
		}
		copied := parse(string(content)).(block)
		for key, value := range changes {
			copied[key] = value
		}
		resources[name] = copied
	}
}

// drop takes a resource, or all of a type, away.
func drop(module, kind, name string) func(w *world) {
	return func(w *world) {
		resources := at(w.Modules[module].JSON, "resource", kind)
		if resources[name] == nil {
			panic("there is no " + kind + "." + name)
		}
		delete(resources, name)
	}
}

// bring adds a resource of a type that we do not have.
func bring(module, kind string) func(w *world) {
	return func(w *world) {
		at(w.Modules[module].JSON, "resource")[kind] = block{"planted": block{"name": "planted"}}
	}
}
