package operator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// local makes Terraform keep its state beside the stack.
const local = `{"terraform": {"backend": {"local": {}}}}` + "\n"

// Bootstrap applies the stack that makes the bucket of all states. While there is no bucket its state is on this disk,
// and moves there once there is one. It may be run at any time again, also after a run that was cut off.
func (s Stack) Bootstrap(ctx context.Context, buckets *s3.Client, account Account) error {
	there, err := bucketThere(ctx, buckets, account.stateBucket())
	if err != nil {
		return err
	}
	state := filepath.Join(s.folder(), "terraform.tfstate")
	if there && !exists(state) {
		return s.Apply(ctx)
	}
	override := filepath.Join(s.folder(), "backend_override.tf.json")
	err = os.WriteFile(override, []byte(local), 0o600)
	if err != nil {
		return fmt.Errorf("begin with a state on this disk: %w", err)
	}
	err = s.terraform(ctx, "init", "-input=false", "-reconfigure")
	if err == nil {
		err = s.terraform(ctx, "apply")
	}
	if err != nil {
		return errors.Join(err, os.Remove(override))
	}
	err = os.Remove(override)
	if err != nil {
		return fmt.Errorf("move the state into the bucket: %w", err)
	}
	err = s.terraform(ctx, "init", "-migrate-state", "-force-copy")
	if err != nil {
		return err
	}
	// It is in the bucket now. What is left here, emptied, would be taken for one that is still to be moved.
	err = os.Remove(state)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the state that was moved: %w", err)
	}
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func bucketThere(ctx context.Context, buckets *s3.Client, name string) (bool, error) {
	_, err := buckets.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	var missing *types.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the bucket of states %s: %w", name, err)
	}
	return true, nil
}
