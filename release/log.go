package release

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// lastLines of a log say why its task failed; the rest is in CloudWatch.
const lastLines = 20

// said gives what the task of a job logged last, for the person who reads the build's log. What cannot be asked is left
// out, as in reasons.
func (c Cluster) said(ctx context.Context, revision *ecs.RegisterTaskDefinitionInput, task string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reasonsLimit)
	defer cancel()
	var text strings.Builder
	for _, container := range revision.ContainerDefinitions {
		group, stream := logOf(container, task)
		if group == "" {
			continue
		}
		found, err := c.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: &group, LogStreamName: &stream, Limit: aws.Int32(lastLines), StartFromHead: aws.Bool(false),
		})
		if err != nil {
			continue
		}
		for _, event := range found.Events {
			text.WriteString("\n  " + aws.ToString(event.Message))
		}
	}
	return text.String()
}

// logOf is where ECS puts what a container of a task says, "" if not into CloudWatch.
func logOf(container types.ContainerDefinition, task string) (group, stream string) {
	logs := container.LogConfiguration
	if logs == nil || logs.LogDriver != types.LogDriverAwslogs {
		return "", ""
	}
	id := task[strings.LastIndex(task, "/")+1:]
	return logs.Options["awslogs-group"], logs.Options["awslogs-stream-prefix"] + "/" + aws.ToString(container.Name) + "/" + id
}
