package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// Registry is where images are, each under the hash of what it was made of.
type Registry struct {
	ECR  *ecr.Client
	Base string // HOST/notejam/, which a program's name follows
}

// Find looks for the image of each program as it is in the repository at root. Those that were never built have none.
func (r Registry) Find(ctx context.Context, root string) (Images, error) {
	images := Images{}
	for _, program := range Programs {
		hash, err := Hash(root, program)
		if err != nil {
			return nil, err
		}
		image := Image{Hash: hash}
		digest, err := r.digest(ctx, program, image.Tag())
		if err != nil {
			return nil, err
		}
		if digest != "" {
			image.Image = r.Base + program + "@" + digest
		}
		images[program] = image
	}
	return images, nil
}

func (r Registry) digest(ctx context.Context, program, tag string) (string, error) {
	_, folder, _ := strings.Cut(r.Base, "/")
	found, err := r.ECR.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RepositoryName: aws.String(folder + program), ImageIds: []types.ImageIdentifier{{ImageTag: &tag}},
	})
	var missing *types.ImageNotFoundException
	if errors.As(err, &missing) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the image of %s: %w", program, err)
	}
	if len(found.ImageDetails) != 1 {
		return "", fmt.Errorf("look for the image of %s: there are %d with the tag %s", program, len(found.ImageDetails), tag)
	}
	return aws.ToString(found.ImageDetails[0].ImageDigest), nil
}

// Tag names the image by what it was made of.
func (i Image) Tag() string { return "src-" + i.Hash }

// Missing are the programs that have no image yet.
func (i Images) Missing() []string {
	var missing []string
	for _, program := range Programs {
		if i[program].Image == "" {
			missing = append(missing, program)
		}
	}
	return missing
}
