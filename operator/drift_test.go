package operator_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"gitlab.com/notejam/notejam/operator"
	"gitlab.com/notejam/notejam/operator/awstest"
)

const (
	writtenStack = `{"terraform": {"backend": {"s3": {}}, "required_version": ">= 1.11"}, "resource": {
		"aws_sqs_queue": {"events": {"name": "notejam-dev-events"}},
		"aws_ssm_parameter": {
			"parameter-web-form-key": {"name": "/notejam/dev/web/form-key", "value_wo": "unset"},
			"plain": {"name": "/notejam/dev/plain", "value": "x"}
		}}}`
	keptState = `{"version": 4, "serial": 9007199254740993, "lineage": "x", "resources": [
		{"mode": "managed", "type": "aws_sqs_queue", "name": "events", "instances": []},
		{"mode": "managed", "type": "aws_ssm_parameter", "name": "parameter-web-form-key", "instances": []},
		{"mode": "managed", "type": "aws_ssm_parameter", "name": "plain", "instances": []},
		{"mode": "data", "type": "aws_ssm_parameter", "name": "parameter-web-form-key", "instances": []}]}`
)

// drifting is a stack whose plan ends with a code, and what Terraform saw.
func drifting(t *testing.T, server *awstest.Server, code string) (saw func(file string) string, err error) {
	t.Helper()
	s, _ := synthesised(t, "dev", "nothing")
	write(t, filepath.Join(s.Folder, "dev", "cdk.tf.json"), writtenStack)
	programs, seen := t.TempDir(), t.TempDir()
	script(t, programs, "terraform", `
cp "${1#-chdir=}"/* `+seen+`/
echo "$*" >>`+seen+`/told
case $2 in plan) exit `+code+`; esac`)
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))
	server.Objects = map[string]string{"/" + bucket + "/notejam/dev.tfstate": keptState}
	err = s.Drift(t.Context(), clients(server).S3, account)
	return func(file string) string {
		text, err := os.ReadFile(filepath.Join(seen, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}, err
}

func TestDriftIsLookedForInACopyWithoutSecrets(t *testing.T) {
	saw, err := drifting(t, complete(t), "0")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"cdk.tf.json", "terraform.tfstate"} {
		var read map[string]any
		err := json.Unmarshal([]byte(saw(file)), &read)
		if err != nil || read["resource"] == nil && read["resources"] == nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if stack := saw("cdk.tf.json"); strings.Contains(stack, "form-key") || strings.Contains(stack, "s3") || !strings.Contains(stack, "plain") || !strings.Contains(stack, "events") {
		t.Error(stack)
	}
	state := saw("terraform.tfstate")
	if strings.Count(state, "form-key") != 1 || !strings.Contains(state, `"mode": "data"`) && !strings.Contains(state, `"mode":"data"`) || !strings.Contains(state, "9007199254740993") {
		t.Error(state)
	}
	told := saw("told")
	if !strings.Contains(told, "plan -input=false -lock=false -detailed-exitcode") || strings.Contains(told, "apply") {
		t.Errorf("it did %s", told)
	}
	folder, _, _ := strings.Cut(strings.TrimPrefix(told, "-chdir="), " ")
	_, err = os.Stat(folder)
	if err == nil {
		t.Errorf("%s is left", folder)
	}
}

func TestDriftIsToldFromAComparisonThatFailed(t *testing.T) {
	_, err := drifting(t, complete(t), "2")
	if !errors.Is(err, operator.ErrDrift) || !strings.HasPrefix(err.Error(), "dev: ") {
		t.Errorf("it says %v", err)
	}
	_, err = drifting(t, complete(t), "1")
	if err == nil || errors.Is(err, operator.ErrDrift) {
		t.Errorf("it says %v", err)
	}
}

func TestCertificatesThatEndSoonAreKnownByTheirAge(t *testing.T) {
	server := complete(t)
	store := operator.Store{SSM: ssm.NewFromConfig(server.Config()), Environment: "dev"}
	err := store.Aged(t.Context(), time.Now().Add(59*24*time.Hour))
	if err != nil {
		t.Error(err)
	}
	err = store.Aged(t.Context(), time.Now().Add(61*24*time.Hour))
	if err == nil || !strings.Contains(err.Error(), "/notejam/dev/audit/tls-cert, /notejam/dev/auth/tls-cert,") || !strings.Contains(err.Error(), "`make pki ENV=dev`") {
		t.Errorf("it says %v", err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	err := os.WriteFile(file, []byte(text), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}
