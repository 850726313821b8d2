package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"gitlab.com/notejam/notejam/platform/env"
)

// Config says which queue, and where.
type Config struct {
	URL      string // the queue's URL, as SQS gives it
	Endpoint string // the server's base URL; "" is AWS
	Region   string // the AWS region; may be "" when there is an Endpoint
}

// Settings reads a queue's settings: with the prefix "AUDIT" they are AUDIT_QUEUE_URL, AUDIT_QUEUE_ENDPOINT and AUDIT_QUEUE_REGION.
func Settings(s *env.Set, prefix string) Config {
	return Config{
		URL:      s.Required(prefix+"_QUEUE_URL", "URL of the SQS queue.", env.URL),
		Endpoint: s.String(prefix+"_QUEUE_ENDPOINT", "", "Base URL of a server that speaks the SQS protocol. Empty on AWS.", env.URL),
		Region:   s.String(prefix+"_QUEUE_REGION", "", "AWS region of the queue. Required when there is no endpoint."),
	}
}

const (
	// localRegion, localKey and localSecret only have to be there: a server that is not AWS checks no signature.
	localRegion = "us-east-1"
	localKey    = "local"
	localSecret = "local"

	// maxAttempts is one try and one retry. Who calls has its own, slower back-off.
	maxAttempts = 2
	// maxBackoff is the longest pause before the retry, so that both fit into callTimeout.
	maxBackoff = 250 * time.Millisecond
	// connectTimeout leaves the retry time for a second try at another address.
	connectTimeout = 2 * time.Second
)

func (c Config) validate() error {
	switch {
	case c.URL == "":
		return errors.New("the queue's URL is required")
	case c.Endpoint == "" && c.Region == "":
		return errors.New("the queue's region is required when there is no endpoint")
	}
	return nil
}

func (c Config) client(ctx context.Context) (*sqs.Client, error) {
	load := c.onAWS
	if c.Endpoint != "" {
		load = c.local
	}
	shared, err := load(ctx)
	if err != nil {
		return nil, err
	}
	return sqs.NewFromConfig(shared, func(o *sqs.Options) {
		o.HTTPClient = inMemory{awshttp.NewBuildableClient().
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }).
			WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = connectTimeout })}
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = maxAttempts
			o.MaxBackoff = maxBackoff
		})
	}), nil
}

// onAWS takes credentials where the SDK finds them: on ECS, the task's role.
func (c Config) onAWS(ctx context.Context) (aws.Config, error) {
	shared, err := config.LoadDefaultConfig(ctx, config.WithRegion(c.Region))
	if err != nil {
		return aws.Config{}, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return shared, nil
}

// local takes credentials from the environment or makes them up. It does not look further, above all not at the instance metadata service: that does
// not exist here, and asking it takes seconds.
func (c Config) local(context.Context) (aws.Config, error) {
	given, err := config.NewEnvConfig()
	if err != nil {
		return aws.Config{}, fmt.Errorf("read the AWS environment: %w", err)
	}
	keys := given.Credentials
	if !keys.HasKeys() {
		keys = aws.Credentials{AccessKeyID: localKey, SecretAccessKey: localSecret}
	}
	region := c.Region
	if region == "" {
		region = localRegion
	}
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(c.Endpoint),
		Credentials:  credentials.StaticCredentialsProvider{Value: keys},
	}, nil
}
