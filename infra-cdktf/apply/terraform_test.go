//go:build apply

package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// root is one stack as it was written, in a folder of its own with its state beside it.
type root struct {
	Name   string
	folder string
	aws    *standIn
}

// override is all that is changed of a stack: where its state is, and how Terraform calls the stand-in.
const override = `{
  "terraform": {"backend": {"local": {}}},
  "provider": {"aws": {"max_retries": 2, "s3_use_path_style": true}}
}`

func newRoot(t *testing.T, aws *standIn, name string) *root {
	t.Helper()
	r := &root{Name: name, folder: t.TempDir(), aws: aws}
	written, err := os.ReadFile(filepath.Join("..", "cdktf.out", "stacks", name, "cdk.tf.json"))
	if err != nil {
		t.Fatalf("%v; run `make infra-apply`", err)
	}
	for file, content := range map[string][]byte{"cdk.tf.json": written, "standin_override.tf.json": []byte(override)} {
		err = os.WriteFile(filepath.Join(r.folder, file), content, 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{"init", "-input=false"}
	plugins := os.Getenv("NOTEJAM_TF_PLUGINS")
	if plugins != "" {
		arguments = append(arguments, "-plugin-dir="+plugins)
	}
	r.must(t, arguments...)
	return r
}

// run runs a command of Terraform and gives what it printed.
func (r *root) run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "terraform", append([]string{"-chdir=" + r.folder}, arguments...)...)
	command.Env = append(
		os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_ARGS=-no-color",
		"AWS_ENDPOINT_URL=http://aws.invalid", "AWS_ENDPOINT_URL_S3_CONTROL=http://s3-control.invalid",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true",
	)
	if arguments[0] != "init" { // which may fetch the provider
		command.Env = append(command.Env, "HTTP_PROXY="+r.aws.Proxy, "HTTPS_PROXY="+r.aws.Proxy, "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=")
	}
	var output, complaints bytes.Buffer
	command.Stdout, command.Stderr = &output, &complaints
	err := command.Run()
	if err != nil {
		err = fmt.Errorf("terraform %s: %w\n%s%s", arguments[0], err, output.String(), complaints.String())
	}
	return output.String(), err
}

func (r *root) must(t *testing.T, arguments ...string) string {
	t.Helper()
	began := time.Now()
	output, err := r.run(t.Context(), arguments...)
	if err != nil {
		t.Fatalf("%s: %v\nAnswers that were errors:\n%s", r.Name, err, strings.Join(r.aws.failed, "\n"))
	}
	t.Logf("%s: terraform %s took %.0f s", r.Name, arguments[0], time.Since(began).Seconds())
	return output
}

// plan gives what Terraform would change.
func (r *root) plan(t *testing.T) []change {
	t.Helper()
	r.must(t, "plan", "-input=false", "-out=again.plan")
	var plan struct {
		Changes []change `json:"resource_changes"`
	}
	err := json.Unmarshal([]byte(r.must(t, "show", "-json", "again.plan")), &plan)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(plan.Changes, func(c change) bool { return slices.Contains(c.Change.Actions, "no-op") || c.Mode == "data" })
}

// edit changes what was written.
func (r *root) edit(t *testing.T, change func(string) string) {
	t.Helper()
	file := filepath.Join(r.folder, "cdk.tf.json")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(file, []byte(change(string(content))), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}

// resources are what Terraform knows to be there.
func (r *root) resources(t *testing.T) []string {
	t.Helper()
	var found []string
	for address := range strings.Lines(r.must(t, "state", "list")) {
		if !strings.HasPrefix(address, "data.") {
			found = append(found, strings.TrimSpace(address))
		}
	}
	return found
}

// state is the file in which Terraform keeps what it knows.
func (r *root) state() string { return filepath.Join(r.folder, "terraform.tfstate") }
