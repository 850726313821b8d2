package release_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type buildspec struct {
	Version string `yaml:"version"`
	Env     struct {
		Shell string `yaml:"shell"`
	} `yaml:"env"`
	Phases map[string]struct {
		Runtimes map[string]string `yaml:"runtime-versions"`
		Commands []string          `yaml:"commands"`
	} `yaml:"phases"`
	Artifacts struct {
		Files []string `yaml:"files"`
	} `yaml:"artifacts"`
}

func TestEachBuildOfThePipelineHasABuildspecThatCodeBuildUnderstands(t *testing.T) {
	source, err := os.ReadFile("../infra-cdktf/builds.go")
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	for _, found := range regexp.MustCompile(`(?m)^\t\w+Build += "(\w+)"$`).FindAllStringSubmatch(string(source), -1) {
		wanted = append(wanted, "../buildspecs/"+found[1]+".yml")
	}
	slices.Sort(wanted)
	files, err := filepath.Glob("../buildspecs/*")
	if err != nil || len(files) == 0 || !slices.Equal(files, wanted) {
		t.Fatalf("there are %q for %q: %v", files, wanted, err)
	}
	for _, file := range files {
		text, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var spec buildspec
		decoder := yaml.NewDecoder(text)
		decoder.KnownFields(true)
		err = decoder.Decode(&spec)
		_ = text.Close()
		if err != nil || spec.Version != "0.2" || len(spec.Phases["build"].Commands) == 0 {
			t.Errorf("%s is %+v: %v", file, spec, err)
		}
		for phase := range spec.Phases {
			if !slices.Contains([]string{"install", "pre_build", "build", "post_build"}, phase) {
				t.Errorf("%s has a phase %s", file, phase)
			}
		}
		// The logic has tests; YAML has none.
		for _, command := range spec.Phases["build"].Commands {
			if !strings.HasPrefix(command, "make ") && !strings.HasPrefix(command, "go run ./release/cmd/release ") {
				t.Errorf("%s runs %q", file, command)
			}
		}
		handsOn := slices.Equal(spec.Artifacts.Files, []string{"images.json"})
		if handsOn != (file == "../buildspecs/image.yml") {
			t.Errorf("%s hands on %q", file, spec.Artifacts.Files)
		}
	}
}
