package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata anew")

func TestWrittenStacksAreAsCommitted(t *testing.T) {
	for name, m := range load(t).Modules {
		t.Run(name, func(t *testing.T) {
			got := normalised(m)
			golden := filepath.Join("testdata", name+".tf.json")
			if *update {
				err := os.WriteFile(golden, []byte(got), 0o644)
				if err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			diff := cmp.Diff(string(want), got)
			if diff != "" {
				t.Errorf("%s is not what is written (-want +got); `go test -update` rewrites it:\n%s", golden, diff)
			}
		})
	}
}

// normalised is a module without what cdktf writes down for itself, which only doubles its size.
func normalised(m module) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(without(m.JSON, "//"))
	if err != nil {
		panic(err) // it was JSON before
	}
	return text.String()
}

func without(v any, member string) any {
	switch v := v.(type) {
	case block:
		rest := block{}
		for key, value := range v {
			if key != member {
				rest[key] = without(value, member)
			}
		}
		return rest
	case []any:
		rest := make([]any, len(v))
		for i, value := range v {
			rest[i] = without(value, member)
		}
		return rest
	}
	return v
}

func TestTheSameSettingsGiveTheSameBytes(t *testing.T) {
	for name := range load(t).Modules {
		file := filepath.Join("stacks", name, "cdk.tf.json")
		first, err := os.ReadFile(filepath.Join(written, file))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(again, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two runs differ", name)
		}
	}
}

func TestFormerStacksAreClearedAndTheirStateStays(t *testing.T) {
	for _, stack := range []string{"bootstrap", "gone"} {
		folder := filepath.Join(written, "stacks", stack)
		_, err := os.Stat(filepath.Join(folder, "cdk.tf"))
		if err == nil {
			t.Errorf("%s: what an earlier run wrote is there", stack)
		}
		_, err = os.Stat(filepath.Join(folder, "terraform.tfstate"))
		if err != nil {
			t.Errorf("%s: the state is lost: %v", stack, err)
		}
	}
}

func TestNothingWrittenNamesAPlaceOnThisMachine(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home := regexp.MustCompile(`"(/home|/root|/tmp|/Users|/work|/builds)/`)
	for name, m := range load(t).Modules {
		content, err := os.ReadFile(filepath.Join(written, "stacks", name, "cdk.tf.json"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(here)) || bytes.Contains(content, []byte(os.TempDir()+"/")) || home.Match(content) {
			t.Errorf("%s: it has an absolute path", m.Name)
		}
	}
}

func TestEveryReferenceLeadsToSomething(t *testing.T) {
	reference := regexp.MustCompile(`\b(data\.)?(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)`)
	seen := 0
	for name, m := range load(t).Modules {
		everyString(m.JSON, "", func(path, value string) {
			for _, match := range reference.FindAllStringSubmatch(value, -1) {
				seen++
				section := "resource"
				if match[1] != "" {
					section = "data"
				}
				if len(at(m.JSON, section, match[2], match[3])) == 0 {
					t.Errorf("%s: %s refers to %s, which is not there", name, path, match[0])
				}
			}
		})
	}
	if seen < 200 {
		t.Errorf("only %d references were seen", seen)
	}
}
