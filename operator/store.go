package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// atOnce is how many parameters SSM gives at once.
const atOnce = 10

// Store is where the parameters of one environment are. What it reads stays in memory.
type Store struct {
	SSM         *ssm.Client
	Environment string
}

// Read gives the values by name. Those that are not there are an error: infra-cdktf makes all.
func (s Store) Read(ctx context.Context, parameters []Parameter) (map[string]string, error) {
	values := map[string]string{}
	var missing []string
	for some := range slices.Chunk(parameters, atOnce) {
		var paths []string
		for _, p := range some {
			paths = append(paths, s.path(p.Name))
		}
		found, err := s.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: paths, WithDecryption: aws.Bool(true)})
		if err != nil {
			return nil, fmt.Errorf("read parameters: %w", err)
		}
		for _, p := range found.Parameters {
			values[strings.TrimPrefix(aws.ToString(p.Name), s.path(""))] = aws.ToString(p.Value)
		}
		missing = append(missing, found.InvalidParameters...)
	}
	if len(missing) > 0 && len(missing) == len(parameters) {
		return nil, fmt.Errorf("%w: %s", ErrNotApplied, s.Environment)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrNotThere, strings.Join(missing, ", "))
	}
	return values, nil
}

var (
	// ErrNotApplied says that an environment has no parameter at all.
	ErrNotApplied = errors.New("the environment is not applied; `make deploy` does it")
	// ErrNotThere says that one has not been applied since a parameter was added.
	ErrNotThere = errors.New("parameters are not there, which `make deploy` makes")
)

// put replaces a value.
func (s Store) put(ctx context.Context, p Parameter, value string) error {
	in := &ssm.PutParameterInput{Name: aws.String(s.path(p.Name)), Value: &value, Overwrite: aws.Bool(true)}
	if p.Open {
		// Authorities of databases are longer than 4 KiB, so infra-cdktf makes these advanced. They cannot become less.
		in.Type, in.Tier = types.ParameterTypeString, types.ParameterTierAdvanced
	} else {
		in.Type, in.KeyId = types.ParameterTypeSecureString, aws.String("alias/notejam-"+s.Environment+"-app")
	}
	_, err := s.SSM.PutParameter(ctx, in)
	if err != nil {
		return fmt.Errorf("put the parameter %s: %w", p.Name, err)
	}
	return nil
}

func (s Store) path(name string) string { return "/notejam/" + s.Environment + "/" + name }
