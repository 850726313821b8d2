package operator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/local/setup"
	"gitlab.com/notejam/notejam/operator"
)

// declared are the parameters that infra-cdktf makes for an environment, by name: each one's type.
func declared(t *testing.T, env string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../infra-cdktf/testdata", env+".tf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var stack struct {
		Resource struct {
			Parameters map[string]struct {
				Name, Type string
				Value      string `json:"value_wo"`
			} `json:"aws_ssm_parameter"`
		}
	}
	err = json.Unmarshal(text, &stack)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for id, p := range stack.Resource.Parameters {
		name, ours := strings.CutPrefix(p.Name, "/notejam/"+env+"/")
		if !ours || p.Value != "unset" {
			t.Errorf("%s is %s, with the value %q", id, p.Name, p.Value)
		}
		found[name] = p.Type
	}
	return found
}

func TestExactlyTheParametersThatInfrastructureMakesAreFilled(t *testing.T) {
	filled := map[string]string{}
	for _, p := range operator.Parameters() {
		filled[p.Name] = "SecureString"
		if p.Open {
			filled[p.Name] = "String"
		}
	}
	for _, env := range operator.Environments {
		if diff := cmp.Diff(declared(t, env), filled); diff != "" {
			t.Errorf("%s (-made +filled):\n%s", env, diff)
		}
	}
}

// What docker compose makes for its services has the same name on AWS.
func TestDockerComposeAndAWSNameSecretsAlike(t *testing.T) {
	kept, out := t.TempDir(), t.TempDir()
	err := setup.Keys(kept, out, 0)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(kept, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var compose, aws []string
	for _, file := range files {
		name, err := filepath.Rel(kept, file)
		if err != nil {
			t.Fatal(err)
		}
		switch service, _ := filepath.Split(name); service {
		case "tls/", "mysql/", "grafana/": // servers that AWS runs itself, or not at all
		default:
			compose = append(compose, name)
		}
	}
	for _, p := range operator.Parameters() {
		if p.Source == operator.Random {
			aws = append(aws, p.Name)
		}
	}
	slices.Sort(compose)
	if diff := cmp.Diff(compose, aws); diff != "" {
		t.Errorf("(-compose +aws):\n%s", diff)
	}
	for _, name := range []string{"tls-ca", "tls-cert", "tls-key"} {
		for _, service := range operator.Services() {
			_, err := os.Stat(filepath.Join(out, service, name))
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestStacksAreThoseThatInfrastructureWrites(t *testing.T) {
	files, err := filepath.Glob("../infra-cdktf/testdata/*.tf.json")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for _, file := range files {
		written = append(written, strings.TrimSuffix(filepath.Base(file), ".tf.json"))
	}
	known := slices.Sorted(slices.Values(append([]string{"bootstrap"}, operator.Stacks...)))
	if diff := cmp.Diff(written, known); diff != "" {
		t.Error(diff)
	}
}

func TestAnUnknownStackIsRefusedWithTheList(t *testing.T) {
	for stack, want := range map[string]string{
		"":        "ENV is not set; say which: ENV= one of shared, dev, qa, prod",
		"staging": `there is no "staging"; ENV is one of shared, dev, qa, prod`,
		"dev":     "<nil>",
	} {
		if got := fmt.Sprint(operator.Known(stack, operator.Stacks)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
