package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cdktf/cdktf-provider-aws-go/aws/v19/provider"
	"github.com/hashicorp/terraform-cdk-go/cdktf"
)

// The versions that deploy this. The bindings are made for another provider, 5.99.1; what the tests validate and
// everybody uses is this one.
const (
	providerVersion  = "5.100.0"
	terraformVersion = ">= 1.11"
)

// Settings is all that decides what is written.
type Settings struct {
	Account      Account
	Environments []Environment
	Calls        []Call
}

// Synthesise writes all stacks into outdir, cdktf.out unless it is given, and only if no setting is wrong.
func Synthesise(settings Settings, outdir string) (err error) {
	err = Validate(settings.Account, settings.Environments)
	if err != nil {
		return fmt.Errorf("these settings are wrong:\n%w", err)
	}
	outdir = cmp.Or(outdir, "cdktf.out")
	err = clearFormer(outdir)
	if err != nil {
		return err
	}
	// The bindings panic where they find a mistake.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("synthesise: %v", cause)
		}
	}()
	app := cdktf.NewApp(&cdktf.AppConfig{Outdir: str(outdir)})
	bootstrap(app, settings.Account)
	shared(app, settings.Account)
	for _, env := range settings.Environments {
		environment(app, settings.Account, env, settings.Calls)
	}
	app.Synth()
	return nil
}

// clearFormer takes away what an earlier run wrote, which Terraform would read as well. What Terraform itself left there
// stays: in bootstrap that may be the only state.
func clearFormer(outdir string) error {
	former, err := filepath.Glob(filepath.Join(outdir, "stacks", "*", "cdk.tf*"))
	if err != nil {
		return fmt.Errorf("look for former stacks: %w", err)
	}
	for _, file := range former {
		err = os.Remove(file) //nolint:gosec // the operator names the folder
		if err != nil {
			return fmt.Errorf("clear former stacks: %w", err)
		}
	}
	return nil
}

// stack is a stack under construction: where constructs go, and what their names and tags come from.
type stack struct {
	scope   cdktf.TerraformStack
	Account Account
	Env     Environment // without a name in bootstrap and shared
	Calls   []Call
	made    keys
}

// newStack is a stack with its provider and the place of its state.
func newStack(app cdktf.App, id string, account Account) *stack {
	s := &stack{scope: cdktf.NewTerraformStack(app, str(id)), Account: account}
	provider.NewAwsProvider(s.scope, str("aws"), &provider.AwsProviderConfig{
		Region:            str(account.Region),
		AllowedAccountIds: list(account.ID),
		DefaultTags: []*provider.AwsProviderDefaultTags{{Tags: texts(map[string]string{
			"Project": "notejam", "Environment": id, "ManagedBy": "cdktf", "Repository": account.Repository, "CostCenter": "notejam-" + id,
		})}},
	})
	cdktf.NewS3Backend(s.scope, &cdktf.S3BackendConfig{
		Bucket: str(account.stateBucket()), Key: str(stateKey(id)), Region: str(account.Region),
		// Encrypt alone asks for a key of S3's own, whatever the bucket's default is.
		Encrypt: yes(true), KmsKeyId: str(account.arn("kms", stateAlias)),
	})
	// What cdktf 0.21 has no fields for.
	s.scope.AddOverride(str("terraform.backend.s3.use_lockfile"), true)
	s.scope.AddOverride(str("terraform.required_version"), terraformVersion)
	s.scope.AddOverride(str("terraform.required_providers.aws"), object{"source": "hashicorp/aws", "version": providerVersion})
	return s
}

// stateAlias is the alias of the key of all states; bootstrap makes it.
const stateAlias = "alias/notejam-state-state"

// stateKey is where in the bucket of states a stack's is.
func stateKey(stack string) string { return "notejam/" + stack + ".tfstate" }

// name is the name of something of this environment in AWS.
func (s *stack) name(what string) string { return "notejam-" + s.Env.Name + "-" + what }

// path is the name of a parameter or log group of this environment.
func (s *stack) path(what string) string { return "/notejam/" + s.Env.Name + "/" + what }

// output tells a person or a script what was made.
func (s *stack) output(id, description string, value any) {
	cdktf.NewTerraformOutput(s.scope, str("output-"+id), &cdktf.TerraformOutputConfig{Value: value, Description: str(description)}).
		OverrideLogicalId(str(id))
}

// guarded keeps Terraform from destroying what cannot be made again.
func (s *stack) guarded() *cdktf.TerraformResourceLifecycle {
	return &cdktf.TerraformResourceLifecycle{PreventDestroy: yes(s.Env.Protect)}
}
