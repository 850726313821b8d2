package release

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Place is where tasks run that belong to no service.
type Place struct {
	Subnets []string
	Group   string // the security group
}

// job is a task that runs once and must end with 0.
type job struct {
	Family, Program string
}

// jobs run in this order: users and schemas come before what is in them.
var jobs = []job{{"dbinit", "setup"}, {"migrate-auth", "auth"}, {"migrate-notes", "notes"}, {"migrate-audit", "audit"}}

// Migrate brings the database to what the new images need, one job after the other. The first that fails ends it, and
// with it the release: what runs goes on running on a schema that it understands.
func (c Cluster) Migrate(ctx context.Context, images Images, place Place) error {
	for _, j := range jobs {
		if images[j.Program].Image == "" {
			return fmt.Errorf("%s has no image in %s", j.Program, ImagesFile)
		}
	}
	for _, j := range jobs {
		err := c.runJob(ctx, j, images[j.Program].Image, place)
		if err != nil {
			return fmt.Errorf("%s: %w", j.Family, err)
		}
		c.say("%s: done", j.Family)
	}
	return nil
}

func (c Cluster) runJob(ctx context.Context, j job, image string, place Place) error {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	err := c.runToEnd(ctx, j, image, place)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the task did not end within %v: %w", c.Limit, err)
	}
	return err
}

func (c Cluster) runToEnd(ctx context.Context, j job, image string, place Place) error {
	revision, err := c.revision(ctx, c.Name+"-"+j.Family, j.Program, image)
	if err != nil {
		return err
	}
	arn, err := c.register(ctx, revision)
	if err != nil {
		return err
	}
	started, err := c.ECS.RunTask(ctx, &ecs.RunTaskInput{
		Cluster: &c.Name, TaskDefinition: &arn, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: place.Subnets, SecurityGroups: []string{place.Group}, AssignPublicIp: types.AssignPublicIpDisabled,
		}},
	})
	if err != nil {
		return fmt.Errorf("run the task: %w", err)
	}
	if len(started.Tasks) != 1 {
		var reasons []string
		for _, failure := range started.Failures {
			reasons = append(reasons, aws.ToString(failure.Reason))
		}
		return fmt.Errorf("the task did not start: %s", strings.Join(reasons, "; "))
	}
	task := aws.ToString(started.Tasks[0].TaskArn)
	err = c.awaitEnd(ctx, task)
	if err != nil {
		return fmt.Errorf("%w%s", err, c.said(ctx, revision, task))
	}
	return nil
}

// awaitEnd returns when the task ended well: every container by itself and with 0.
func (c Cluster) awaitEnd(ctx context.Context, arn string) error {
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	for {
		found, err := c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &c.Name, Tasks: []string{arn}})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("describe the task: %w", err)
		}
		// A task that was just started may not be known yet.
		if len(found.Tasks) == 1 && aws.ToString(found.Tasks[0].LastStatus) == "STOPPED" {
			return verdict(found.Tasks[0])
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func verdict(task types.Task) error {
	well := len(task.Containers) > 0 && task.StopCode == types.TaskStopCodeEssentialContainerExited
	for _, container := range task.Containers {
		well = well && container.ExitCode != nil && *container.ExitCode == 0
	}
	if !well {
		return fmt.Errorf("the task failed: %s", why(task))
	}
	return nil
}
