package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"gitlab.com/notejam/notejam/platform/pki"
)

// Aged says which certificates must be issued anew, by when they were: it reads none.
func (s Store) Aged(ctx context.Context, now time.Time) error {
	var paths []string
	for _, service := range Services() {
		paths = append(paths, s.path(certificateOf(service)))
	}
	found, err := s.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: aws.String("Name"), Option: aws.String("Equals"), Values: paths}},
		MaxResults:       aws.Int32(int32(len(paths))), //nolint:gosec // one for each service
	})
	if err != nil {
		return fmt.Errorf("look how old certificates are: %w", err)
	}
	var aged []string
	for _, p := range found.Parameters {
		if now.Sub(aws.ToTime(p.LastModifiedDate)) > pki.CertificateLife-pki.RenewBefore {
			aged = append(aged, aws.ToString(p.Name))
		}
	}
	slices.Sort(aged)
	if len(aged) > 0 {
		return fmt.Errorf("%s: end within 30 days; `make pki ENV=%s` issues them anew", strings.Join(aged, ", "), s.Environment)
	}
	return nil
}
