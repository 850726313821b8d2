package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var drawnStage = regexp.MustCompile(`^([A-Z][a-z]+)\["([^"<]+)<br>([^"<]+)"\]$`)

// delivery gives the lines of the picture in docs/delivery.md.
func delivery(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "```mermaid\n")
	drawn, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/delivery.md has no picture")
	}
	return drawn
}

// step is an action of the pipeline as it is drawn: what it is called, and what runs it.
type step struct{ Name, By string }

// drawnDelivery reads the picture: the steps, what follows what, and who gets images.json.
func drawnDelivery(f *faults, drawn string) (steps map[string]step, chains [][]string, handed []string) {
	steps = map[string]step{}
	for line := range strings.Lines(drawn) {
		line = strings.TrimSpace(line)
		given, isGiven := strings.CutPrefix(line, "Image -. images.json .-> ")
		match := drawnStage.FindStringSubmatch(line)
		switch {
		case match != nil:
			steps[match[1]] = step{match[2], match[3]}
		case isGiven:
			handed = strings.Split(given, " & ")
		case strings.Contains(line, " --> "):
			chains = append(chains, strings.Split(line, " --> "))
		default:
			f.check(slices.Contains([]string{"", "flowchart LR", "direction LR", "subgraph Deploy", "end"}, line), "nothing says what %s is", line)
		}
	}
	return steps, chains, handed
}

// deliveryFaults holds a picture to prod's pipeline, which has every stage.
func deliveryFaults(w *world, drawn string) (f faults) {
	steps, chains, handed := drawnDelivery(&f, drawn)
	m := w.Modules["prod"]
	want, builds, order := map[string]step{}, map[string]bool{}, map[string]any{}
	var given []string
	for _, stage := range each(m.one("aws_codepipeline", "pipeline")["stage"]) {
		name := word(stage["name"])
		for _, action := range each(stage["action"]) {
			drawnAs := step{Name: name, By: word(action["provider"])}
			if !slices.Contains(stageNames(w.Modules["dev"]), name) {
				drawnAs.Name += ", in prod"
			}
			if build := strings.TrimPrefix(word(at(action, "configuration")["ProjectName"]), "notejam-prod-"); build != "" {
				drawnAs.By = word(at(m.one("aws_codebuild_project", "build-"+build), "source")["buildspec"])
				builds["build-"+build] = true
			}
			if services := servicesOf(action); services != "" {
				drawnAs.Name = strings.ReplaceAll(services, " ", ", ")
			}
			want[word(action["name"])], order[word(action["name"])] = drawnAs, action["run_order"]
			if slices.Contains(words(action["input_artifacts"]), imagesArtifact) && !slices.Contains(given, name) {
				given = append(given, name)
			}
		}
	}
	for id := range m.all("aws_codebuild_project") {
		if !builds[id] {
			build := strings.TrimPrefix(id, "build-")
			want[strings.ToUpper(build[:1])+build[1:]] = step{"Each night, of no release", "buildspecs/" + build + ".yml"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		f.check(steps[name] == want[name], "%s is drawn as %v, and is %v", name, steps[name], want[name])
	}
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		f.check(want[name] != step{}, "%s is drawn, and there is no such step", name)
	}
	f.check(slices.Equal(handed, given), "images.json is drawn to go to %v, and goes to %v", handed, given)
	stages := 0
	for _, chain := range chains {
		if slices.Equal(chain, stageNames(m)) {
			stages++
			continue
		}
		first, _ := order[chain[0]].(float64)
		then, _ := order[chain[len(chain)-1]].(float64)
		f.check(first > 0 && first < then, "%v are drawn one after the other, and are not", chain)
	}
	f.check(stages == 1, "the stages are %v, and drawn is %v", stageNames(m), chains)
	return f
}

// servicesOf are those that an action deploys.
func servicesOf(action block) string {
	var variables []struct{ Name, Value string }
	_ = json.Unmarshal([]byte(word(at(action, "configuration")["EnvironmentVariables"])), &variables) // none if it has none
	for _, variable := range variables {
		if variable.Name == "SERVICES" {
			return variable.Value
		}
	}
	return ""
}

func TestThePictureOfTheDeliveryShowsThePipeline(t *testing.T) {
	for _, fault := range deliveryFaults(load(t), delivery(t)) {
		t.Error(fault)
	}
}

func TestAWrongPictureOfTheDeliveryIsNoticed(t *testing.T) {
	for _, planted := range []struct{ says, old, with, named string }{
		{"another order", "Migrate --> Deploy", "Deploy --> Migrate", "the stages are"},
		{"another buildspec", "Smoke<br>buildspecs/smoke.yml", "Smoke<br>buildspecs/test.yml", "Smoke is drawn as"},
		{"a stage that is missing", "    Test[\"Test<br>buildspecs/test.yml\"]\n", "", "Test is drawn as { }"},
		{"a stage that there is not", "    Test[", "    Lint[\"Lint<br>buildspecs/lint.yml\"]\n    Test[", "there is no such step"},
		{"an approval for all", "Approve, in prod", "Approve", "Approve is drawn as"},
		{"other services", "auth, notes, audit<br>", "auth, notes<br>", "Services is drawn as"},
		{"web first", "Services --> Web", "Web --> Services", "one after the other"},
		{"who gets the images", "Migrate & Deploy & Smoke", "Deploy", "images.json is drawn to go to"},
		{"a build of no release that is missing", "    Drift[\"Each night, of no release<br>buildspecs/drift.yml\"]\n", "", "Drift is drawn as { }"},
		{"something else", "    Services --> Web\n", "    Services === Web\n", "nothing says what"},
	} {
		t.Run(planted.says, func(t *testing.T) {
			if !strings.Contains(delivery(t), planted.old) {
				t.Fatalf("%q is not drawn", planted.old)
			}
			drawn := strings.Replace(delivery(t), planted.old, planted.with, 1)
			found := strings.Join(deliveryFaults(load(t), drawn), "\n")
			if !strings.Contains(found, planted.named) {
				t.Errorf("%q is not in %q", planted.named, found)
			}
		})
	}
}
