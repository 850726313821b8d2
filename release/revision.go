package release

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// revision is what the family's newest revision, be it Terraform's or ours, is with another image.
func (c Cluster) revision(ctx context.Context, family, container, image string) (*ecs.RegisterTaskDefinitionInput, error) {
	newest, err := c.definition(ctx, family)
	if err != nil {
		return nil, err
	}
	next := again(newest)
	for i := range next.ContainerDefinitions {
		if aws.ToString(next.ContainerDefinitions[i].Name) == container {
			next.ContainerDefinitions[i].Image = &image
			return next, nil
		}
	}
	return nil, fmt.Errorf("%s has no container %s", family, container)
}

// definition gives a revision by its ARN, or the newest active one of a family.
func (c Cluster) definition(ctx context.Context, which string) (*types.TaskDefinition, error) {
	found, err := c.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &which})
	if err != nil {
		return nil, fmt.Errorf("describe task definition %s: %w", which, err)
	}
	return found.TaskDefinition, nil
}

func (c Cluster) register(ctx context.Context, revision *ecs.RegisterTaskDefinitionInput) (string, error) {
	made, err := c.ECS.RegisterTaskDefinition(ctx, revision)
	if err != nil {
		return "", fmt.Errorf("register a revision of %s: %w", aws.ToString(revision.Family), err)
	}
	return aws.ToString(made.TaskDefinition.TaskDefinitionArn), nil
}

// again asks for a revision that is in all like this one. It goes by the names of fields, so that none is lost that a
// later SDK knows. Tags are no part of a revision: tasks have their service's.
func again(old *types.TaskDefinition) *ecs.RegisterTaskDefinitionInput {
	next := &ecs.RegisterTaskDefinitionInput{}
	from, to := reflect.ValueOf(old).Elem(), reflect.ValueOf(next).Elem()
	for _, field := range reflect.VisibleFields(to.Type()) {
		value := from.FieldByName(field.Name)
		if field.IsExported() && value.IsValid() {
			to.FieldByIndex(field.Index).Set(value)
		}
	}
	return next
}

func equal(a, b *ecs.RegisterTaskDefinitionInput) bool {
	return reflect.DeepEqual(a, b)
}
