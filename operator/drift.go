package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// ErrDrift says that what is on AWS is not what the branch says.
var ErrDrift = errors.New("what is on AWS is not what is written; `make plan` shows it too, `make deploy` makes it so")

// Drift plans without being able to apply, or to read a secret: Terraform would decrypt each parameter that it compares,
// so the secrets' are taken out of a copy of the stack and of its state, where nothing depends on them. Out gets the plan.
func (s Stack) Drift(ctx context.Context, buckets *s3.Client, account Account) error {
	state, err := s.readState(ctx, buckets, account)
	if err != nil {
		return err
	}
	written, err := os.ReadFile(filepath.Join(s.folder(), "cdk.tf.json"))
	if err != nil {
		return fmt.Errorf("read the stack; `make synth` writes it: %w", err)
	}
	stack, secrets, err := withoutSecrets(written)
	if err != nil {
		return fmt.Errorf("take the secrets out of the stack %s: %w", s.Name, err)
	}
	state, err = withoutResources(state, secrets)
	if err != nil {
		return fmt.Errorf("take the secrets out of the state of %s: %w", s.Name, err)
	}
	folder, err := os.MkdirTemp("", "notejam-drift-")
	if err != nil {
		return fmt.Errorf("make a place for the copy: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	copied := s
	copied.Folder, copied.Name = filepath.Dir(folder), filepath.Base(folder)
	err = errors.Join(
		os.WriteFile(filepath.Join(folder, "cdk.tf.json"), stack, 0o600), //nolint:gosec // a folder of our own
		os.WriteFile(filepath.Join(folder, "terraform.tfstate"), state, 0o600),
	)
	if err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	err = copied.terraform(ctx, "init", "-input=false")
	if err != nil {
		return err
	}
	err = copied.terraform(ctx, "plan", "-input=false", "-lock=false", "-detailed-exitcode")
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 2 {
		return fmt.Errorf("%s: %w", s.Name, ErrDrift)
	}
	return err
}

func (s Stack) readState(ctx context.Context, buckets *s3.Client, account Account) ([]byte, error) {
	kept, err := buckets.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(account.stateBucket()), Key: aws.String("notejam/" + s.Name + ".tfstate"),
	})
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", s.Name, err)
	}
	defer func() { _ = kept.Body.Close() }() // only read from
	return io.ReadAll(kept.Body)
}

// withoutSecrets gives the stack without the parameters whose values Terraform does not know, and without the place of
// its state; and the names of those parameters.
func withoutSecrets(written []byte) ([]byte, map[string]bool, error) {
	var stack map[string]any
	err := json.Unmarshal(written, &stack)
	if err != nil {
		return nil, nil, err
	}
	secrets := map[string]bool{}
	resources, _ := stack["resource"].(map[string]any)
	parameters, _ := resources[parameterType].(map[string]any)
	for name, parameter := range parameters {
		fields, _ := parameter.(map[string]any)
		if fields["value_wo"] != nil {
			secrets[name] = true
			delete(parameters, name)
		}
	}
	if len(parameters) == 0 {
		delete(resources, parameterType)
	}
	settings, _ := stack["terraform"].(map[string]any)
	delete(settings, "backend")
	text, err := json.Marshal(stack)
	return text, secrets, err
}

const parameterType = "aws_ssm_parameter"

// withoutResources gives a state without the parameters of these names. Numbers stay as they are written.
func withoutResources(state []byte, names map[string]bool) ([]byte, error) {
	var all map[string]json.RawMessage
	err := json.Unmarshal(state, &all)
	if err != nil {
		return nil, err
	}
	var resources, rest []json.RawMessage
	err = json.Unmarshal(all["resources"], &resources)
	if err != nil {
		return nil, err
	}
	for _, text := range resources {
		var resource struct{ Mode, Type, Name string }
		err = json.Unmarshal(text, &resource)
		if err != nil {
			return nil, err
		}
		if resource.Mode != "managed" || resource.Type != parameterType || !names[resource.Name] {
			rest = append(rest, text)
		}
	}
	all["resources"], err = json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	return json.Marshal(all)
}
