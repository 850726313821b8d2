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

const primary = "PRIMARY"

// errTakenBack is what ECS itself reports as a stable service: the one from before.
var errTakenBack = errors.New("ECS took the new revision back")

// await returns when the revision is live, or says why it is not. ECS's own waiter asks only whether the service is
// stable, and it is so, too, after a rollback.
func (c Cluster) await(ctx context.Context, name, arn string) error {
	tick := time.NewTicker(c.Poll)
	defer tick.Stop()
	seen := false
	for {
		service, err := c.service(ctx, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		ours := deployment(service, arn)
		switch {
		case live(service, arn):
			return nil
		case ours != nil && ours.RolloutState == types.DeploymentRolloutStateFailed:
			return fmt.Errorf("the rollout failed: %s", aws.ToString(ours.RolloutStateReason))
		case ours != nil && aws.ToString(ours.Status) != primary, ours == nil && seen:
			return errTakenBack
		}
		// Until it was seen once, the answer may be older than the update.
		seen = seen || ours != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// live is the only success: our revision is the primary one, rolled out, and has tasks.
func live(service types.Service, arn string) bool {
	ours := deployment(service, arn)
	return ours != nil && aws.ToString(ours.Status) == primary && ours.RolloutState == types.DeploymentRolloutStateCompleted && ours.RunningCount > 0
}

func deployment(service types.Service, arn string) *types.Deployment {
	for i := range service.Deployments {
		if aws.ToString(service.Deployments[i].TaskDefinition) == arn {
			return &service.Deployments[i]
		}
	}
	return nil
}

const (
	reasonsLimit = 30 * time.Second
	lastEvents   = 5 // older ones are about other deployments
)

// reasons are the service's last events and why its tasks stopped, for the person who reads the build's log. What
// cannot be asked is left out: the failure itself is known.
func (c Cluster) reasons(ctx context.Context, name string) string {
	ctx, cancel := context.WithTimeout(ctx, reasonsLimit)
	defer cancel()
	var text strings.Builder
	service, err := c.service(ctx, name)
	if err == nil {
		for _, event := range service.Events[:min(lastEvents, len(service.Events))] {
			text.WriteString("\n  " + aws.ToString(event.Message))
		}
	}
	stopped, err := c.ECS.ListTasks(ctx, &ecs.ListTasksInput{
		Cluster: &c.Name, ServiceName: &name, DesiredStatus: types.DesiredStatusStopped, MaxResults: aws.Int32(lastEvents),
	})
	if err != nil || len(stopped.TaskArns) == 0 {
		return text.String()
	}
	tasks, err := c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &c.Name, Tasks: stopped.TaskArns})
	if err == nil {
		for _, task := range tasks.Tasks {
			text.WriteString("\n  a task stopped: " + why(task))
		}
	}
	return text.String()
}

// why gives the reason of a task and of its containers.
func why(task types.Task) string {
	text := aws.ToString(task.StoppedReason)
	for _, container := range task.Containers {
		if container.ExitCode != nil {
			text += fmt.Sprintf("; %s ended with %d", aws.ToString(container.Name), *container.ExitCode)
		}
		if container.Reason != nil {
			text += "; " + *container.Reason
		}
	}
	return text
}
