// Package release brings what was built to an environment on AWS, and believes nothing until it has seen it.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	// DeployLimit is how long a service may take: its tasks may wait two minutes for the database to wake up, and the
	// old ones a minute to end; past that nobody should wait for what does not come.
	DeployLimit = 10 * time.Minute
	// DeployPoll is how often ECS is asked: a service takes minutes, and ECS has limits.
	DeployPoll = 10 * time.Second
)

// Cluster is an environment's cluster and its services.
type Cluster struct {
	ECS   *ecs.Client
	Logs  *cloudwatchlogs.Client // what failed migrations said
	Name  string                 // notejam-ENVIRONMENT, which all its task definitions' families begin with
	Limit time.Duration
	Poll  time.Duration
	Log   io.Writer
}

// caller is the service that calls the others and is called by none of them.
const caller = "web"

// Deploy gives each service its image, and least tasks if it has none. Those that are called come first, all at once;
// the one that calls them follows when all of them are live.
func (c Cluster) Deploy(ctx context.Context, services []string, images Images, least map[string]int32) error {
	for _, service := range services {
		if images[service].Image == "" {
			return fmt.Errorf("%s has no image in %s", service, ImagesFile)
		}
		if least[service] < 1 {
			return fmt.Errorf("MIN_TASKS does not say how many tasks %s has at least", service)
		}
	}
	called := slices.DeleteFunc(slices.Clone(services), func(s string) bool { return s == caller })
	shared := c
	shared.Log = &inTurn{to: c.Log}
	failures := make([]error, len(called))
	var all sync.WaitGroup
	for i, service := range called {
		all.Go(func() { failures[i] = shared.deploy(ctx, service, images[service].Image, least[service]) })
	}
	all.Wait()
	err := errors.Join(failures...)
	if err != nil || !slices.Contains(services, caller) {
		return err
	}
	return c.deploy(ctx, caller, images[caller].Image, least[caller])
}

func (c Cluster) deploy(ctx context.Context, name, image string, least int32) error {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	err := c.bring(ctx, name, image, least)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s was not live within %v: %w", name, c.Limit, err)
	}
	return err
}

func (c Cluster) bring(ctx context.Context, name, image string, least int32) error {
	wanted, err := c.revision(ctx, c.Name+"-"+name, name, image)
	if err != nil {
		return err
	}
	service, err := c.service(ctx, name)
	if err != nil {
		return err
	}
	same, err := c.runs(ctx, service, wanted)
	if err != nil {
		return err
	}
	if same {
		c.say("%s: nothing changed", name)
		return nil
	}
	arn, err := c.register(ctx, wanted)
	if err != nil {
		return err
	}
	change := &ecs.UpdateServiceInput{Cluster: &c.Name, Service: &name, TaskDefinition: &arn}
	if service.DesiredCount == 0 {
		change.DesiredCount = &least // from then on it is autoscaling's
	}
	c.say("%s: deploys %s", name, arn)
	_, err = c.ECS.UpdateService(ctx, change)
	if err != nil {
		return fmt.Errorf("update service %s: %w", name, err)
	}
	err = c.await(ctx, name, arn)
	if err != nil {
		return fmt.Errorf("%s: %w%s", name, err, c.reasons(context.WithoutCancel(ctx), name))
	}
	c.say("%s: is live", name)
	return nil
}

// runs says whether what is wanted is what is live: the image, and the template, which `terraform apply` may have changed.
func (c Cluster) runs(ctx context.Context, service types.Service, wanted *ecs.RegisterTaskDefinitionInput) (bool, error) {
	arn := aws.ToString(service.TaskDefinition)
	if service.DesiredCount == 0 || !live(service, arn) {
		return false, nil
	}
	running, err := c.definition(ctx, arn)
	if err != nil {
		return false, err
	}
	return equal(wanted, again(running)), nil
}

func (c Cluster) service(ctx context.Context, name string) (types.Service, error) {
	found, err := c.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &c.Name, Services: []string{name}})
	if err != nil {
		return types.Service{}, fmt.Errorf("describe service %s: %w", name, err)
	}
	if len(found.Services) != 1 {
		return types.Service{}, fmt.Errorf("there is no service %s in %s: `terraform apply` makes it", name, c.Name)
	}
	return found.Services[0], nil
}

func (c Cluster) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Log, format+"\n", args...)
}

// inTurn lets services that are deployed at once share a log.
type inTurn struct {
	mu sync.Mutex
	to io.Writer
}

func (w *inTurn) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(text)
}
