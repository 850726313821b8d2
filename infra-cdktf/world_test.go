package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// varied are others: another account, three zones, small networks, qa at night off, and a call that there is not yet.
func varied() (Settings, error) {
	s, err := settings()
	s.Account = Account{
		ID: "210987654321", Region: "eu-central-1", Zone: "notes.example.org", Repository: "a/b/c", AlarmEmail: "a@example.org", MailFrom: "b@example.org",
	}
	s.Environments = Environments(s.Account)
	dev, qa, prod := &s.Environments[0], &s.Environments[1], &s.Environments[2]
	dev.CIDR, dev.Zones, dev.NAT, dev.WAF = "172.16.16.0/20", []string{"a", "b", "c"}, NATPerZone, true
	qa.OffHours, qa.Spot, qa.Database.Min, qa.Database.PauseAfter = dev.OffHours, true, 0, 600
	prod.Zones, prod.NAT, prod.Database.Instances = []string{"b", "c", "a"}, OneNAT, 3
	s.Calls = append(s.Calls, Call{Caller: "auth", Callee: "notes"})
	return s, err
}

// written is what Synthesise wrote of the repository's settings, twice, and other of varied ones. Node takes seconds to
// start, so all tests read the same.
var written, again, other string

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
	written, again, other = filepath.Join(folder, "first"), filepath.Join(folder, "second"), filepath.Join(folder, "other")
	for _, outdir := range []string{written, again, other} {
		from := settings
		if outdir == other {
			from = varied
		}
		s, err := from()
		if err != nil {
			panic(err)
		}
		err = leaveBehind(outdir)
		if err != nil {
			panic(err)
		}
		err = Synthesise(s, outdir)
		if err != nil {
			panic(err)
		}
	}
	jsii.Close()
	return m.Run()
}

// leaveBehind puts what an earlier run, and Terraform, may have left into a stack that still is and one that no longer is.
func leaveBehind(outdir string) error {
	var faults []error
	for _, stack := range []string{"bootstrap", "gone"} {
		folder := filepath.Join(outdir, "stacks", stack)
		faults = append(
			faults, os.MkdirAll(folder, 0o750),
			os.WriteFile(filepath.Join(folder, "cdk.tf"), nil, 0o600),
			os.WriteFile(filepath.Join(folder, "terraform.tfstate"), nil, 0o600),
		)
	}
	return errors.Join(faults...)
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
	return loadFrom(t, written, settings)
}

func loadFrom(t *testing.T, folder string, from func() (Settings, error)) *world {
	t.Helper()
	s, err := from()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Settings: s, Modules: map[string]module{}}
	files, err := filepath.Glob(filepath.Join(folder, "stacks", "*", "cdk.tf.json"))
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

// faults collects what a property finds wrong.
type faults []string

func (f *faults) check(ok bool, format string, args ...any) {
	if !ok {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}
