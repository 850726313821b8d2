package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

// The tests read what was written, as Terraform will, and know nothing of the constructs.

// settings are those of the repository.
func settings() (Settings, error) {
	account, err := ReadAccount("account.json")
	if err != nil {
		return Settings{}, err
	}
	calls, err := ReadCalls("../proto/calls.json")
	return Settings{Account: account, Environments: Environments(account), Calls: calls}, err
}

// written is what Synthesise wrote twice; Node takes seconds to start, so all tests read the same.
var written, again string

func TestMain(m *testing.M) {
	if os.Getenv("INFRA_TEST_MAIN") != "" { // the test of exit codes runs this binary as the program
		main()
		return
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "infra-cdktf-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	written, again = filepath.Join(folder, "first"), filepath.Join(folder, "second")
	s, err := settings()
	if err != nil {
		panic(err)
	}
	for _, outdir := range []string{written, again} {
		err = Synthesise(s, outdir)
		if err != nil {
			panic(err)
		}
	}
	jsii.Close()
	return m.Run()
}

// block is a JSON object.
type block = map[string]any

// module is one stack, a root module of Terraform.
type module struct {
	Name string
	JSON block
}

// world is all stacks with the settings that they were made from.
type world struct {
	Settings
	Modules map[string]module
}

func load(t *testing.T) *world {
	t.Helper()
	s, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Settings: s, Modules: map[string]module{}}
	files, err := filepath.Glob(filepath.Join(written, "stacks", "*", "cdk.tf.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing was written: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(file))
		w.Modules[name] = module{Name: name, JSON: parse(string(content)).(block)}
	}
	return w
}

// parse reads JSON that we wrote.
func parse(text string) any {
	var v any
	err := json.Unmarshal([]byte(text), &v)
	if err != nil {
		panic(fmt.Sprintf("%v in %s", err, text))
	}
	return v
}

// environments gives each environment's settings and module.
func (w *world) environments(yield func(Environment, module) bool) {
	for _, env := range w.Environments {
		if !yield(env, w.Modules[env.Name]) {
			return
		}
	}
}

// all gives a module's resources of one type by name.
func (m module) all(kind string) map[string]block {
	resources := map[string]block{}
	for name, v := range at(m.JSON, "resource", kind) {
		resources[name] = v.(block)
	}
	return resources
}

// one gives a resource, empty if there is none.
func (m module) one(kind, name string) block { return at(m.JSON, "resource", kind, name) }

// at goes down into objects, or into arrays of one.
func at(v any, path ...string) block {
	for _, key := range path {
		v = only(v)[key]
	}
	return only(v)
}

// only gives a block that may be written as an object or as an array of one.
func only(v any) block {
	switch v := v.(type) {
	case block:
		return v
	case []any:
		if len(v) == 1 {
			return only(v[0])
		}
	}
	return block{}
}

// each gives blocks that may be written as one object or as an array.
func each(v any) []block {
	switch v := v.(type) {
	case block:
		return []block{v}
	case []any:
		var all []block
		for _, item := range v {
			all = append(all, each(item)...)
		}
		return all
	}
	return nil
}

// words gives an array of strings, or a string as an array of one.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, fmt.Sprint(item))
		}
		return all
	}
	return nil
}

func word(v any) string {
	s, _ := v.(string)
	return s
}

var reference = regexp.MustCompile(`^\$\{(?:data\.)?[a-z0-9_]+\.([A-Za-z0-9_-]+)[.\[]`)

// target is the name of the resource that a value refers to, "" if it refers to none.
func target(v any) string {
	match := reference.FindStringSubmatch(word(v))
	if match == nil {
		return ""
	}
	return match[1]
}

// targets are those of an array.
func targets(v any) []string {
	var names []string
	for _, item := range words(v) {
		names = append(names, target(item))
	}
	return names
}

// faults collects what a property finds wrong.
type faults []string

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

// strings calls f with each string of a value and the keys that lead to it.
func everyString(v any, path string, f func(path, value string)) {
	switch v := v.(type) {
	case string:
		f(path, v)
	case []any:
		for i, item := range v {
			everyString(item, fmt.Sprintf("%s[%d]", path, i), f)
		}
	case block:
		for key, item := range v {
			if key != "//" {
				everyString(item, strings.TrimPrefix(path+"."+key, "."), f)
			}
		}
	}
}

// number prints a number as one writes it.
func number(v any) string {
	n, _ := v.(float64)
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func atoi(v any) int {
	n, _ := strconv.Atoi(word(v))
	return n
}

// orEmpty gives JSON that is in a string, an empty object if there is none.
func orEmpty(v any) string {
	if word(v) == "" {
		return "{}"
	}
	return word(v)
}

func keysOf(resources map[string]block) []string { return slices.Sorted(maps.Keys(resources)) }
