package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	drawnNode    = regexp.MustCompile(`(?m)^ +([a-z]+)\["[^"]*<br>(aws_[a-z0-9_]+)\.([a-z0-9-]+)"\]$`)
	drawnOutside = regexp.MustCompile(`(?m)^ +([a-z]+)\(\["[^"]+"\]\)$`)
)

// picture gives the lines of the picture in docs/infra.md.
func picture(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../docs/infra.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "```mermaid\n")
	drawn, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/infra.md has no picture")
	}
	return drawn
}

// pictureFaults holds a picture to what was written: each node is a resource or outside, each arrow is between nodes, and
// services call each other as the contracts say.
func pictureFaults(w *world, drawn string) (f faults) {
	nodes, services := map[string]bool{}, map[string]bool{}
	for _, p := range Programs() {
		services[p.Name] = true
	}
	for _, match := range drawnOutside.FindAllStringSubmatch(drawn, -1) {
		nodes[match[1]] = true
	}
	for _, match := range drawnNode.FindAllStringSubmatch(drawn, -1) {
		nodes[match[1]] = true
		there := len(w.Modules["prod"].one(match[2], match[3])) > 0 || len(w.Modules["shared"].one(match[2], match[3])) > 0
		f.check(there, "%s is drawn, and there is no %s.%s", match[1], match[2], match[3])
	}
	var calls []Call
	for line := range strings.Lines(drawn) {
		line = strings.TrimSpace(strings.ReplaceAll(line, "-.->", "-->"))
		if strings.ContainsAny(line, `["`) {
			known := drawnNode.MatchString("    "+line) || drawnOutside.MatchString("    "+line) || strings.HasPrefix(line, "subgraph ")
			f.check(known, "nothing says what %s is", line)
			continue
		}
		ends := strings.Split(line, " --> ")
		for i := range ends[1:] {
			from, to := ends[i], ends[i+1]
			f.check(nodes[from] && nodes[to], "an arrow leads from %s to %s, which are not both drawn", from, to)
			if services[from] && services[to] {
				calls = append(calls, Call{Caller: from, Callee: to})
			}
		}
	}
	for _, call := range w.Calls {
		f.check(slices.Contains(calls, call), "%s calls %s, which is not drawn", call.Caller, call.Callee)
	}
	for _, call := range calls {
		f.check(slices.Contains(w.Calls, call), "it is drawn that %s calls %s", call.Caller, call.Callee)
	}
	f.check(len(nodes) > 15, "only %d nodes are drawn", len(nodes))
	return f
}

func TestThePictureShowsWhatThereIs(t *testing.T) {
	for _, fault := range pictureFaults(load(t), picture(t)) {
		t.Error(fault)
	}
}

func TestAWrongPictureIsNoticed(t *testing.T) {
	for _, planted := range []struct{ says, old, with, named string }{
		{"a resource that there is not", "aws_lb.alb", "aws_lb.edge", "there is no aws_lb.edge"},
		{"a node of nothing", "Dead letters<br>aws_sqs_queue.events-dead", "Cache", "nothing says what"},
		{"an arrow to nowhere", "queue --> dead", "queue --> cache", "not both drawn"},
		{"a call that nobody may make", "web --> notes", "notes --> web", "it is drawn that notes calls web"},
		{"a call that is missing", "    web --> notes\n", "", "web calls notes, which is not drawn"},
	} {
		t.Run(planted.says, func(t *testing.T) {
			drawn := strings.Replace(picture(t), planted.old, planted.with, 1)
			found := strings.Join(pictureFaults(load(t), drawn), "\n")
			if !strings.Contains(found, planted.named) {
				t.Errorf("%q is not in %q", planted.named, found)
			}
		})
	}
}
