package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// connectionParameter is where the stack shared writes down the connection to GitLab.
const connectionParameter = "/notejam/shared/connection-arn"

// Connection refuses a connection to GitLab that nobody has approved: the pipeline of an environment that is made
// before is never told of a push.
func Connection(ctx context.Context, parameters *ssm.Client, connections *codeconnections.Client) error {
	kept, err := parameters.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(connectionParameter)})
	var missing *ssmtypes.ParameterNotFound
	if errors.As(err, &missing) {
		return errors.New("there is no connection to GitLab; `make deploy ENV=shared` makes it")
	}
	if err != nil {
		return fmt.Errorf("find the connection to GitLab: %w", err)
	}
	found, err := connections.GetConnection(ctx, &codeconnections.GetConnectionInput{ConnectionArn: kept.Parameter.Value})
	if err != nil {
		return fmt.Errorf("look at the connection to GitLab: %w", err)
	}
	if found.Connection.ConnectionStatus != types.ConnectionStatusAvailable {
		return fmt.Errorf("the connection to GitLab is %s; approve it in the console, under Developer Tools, Settings, Connections", found.Connection.ConnectionStatus)
	}
	return nil
}
