package operator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Clients are what the account is asked with, and who knows the world's names.
type Clients struct {
	STS         *sts.Client
	S3          *s3.Client
	SSM         *ssm.Client
	Connections *codeconnections.Client
	Route53     *route53.Client
	LookupNS    func(ctx context.Context, name string) ([]*net.NS, error)
}

// OfAccount are the checks of what all environments share. region is what the shell has set, "" for nothing.
func (c Clients) OfAccount(account Account, region string) []Check {
	return []Check{
		{"AWS account", func(ctx context.Context) (string, error) { return c.identity(ctx, account) }},
		{"AWS region", func(context.Context) (string, error) {
			if region != "" && region != account.Region {
				return "", fmt.Errorf("the shell says %s, and %s says %s; unset AWS_REGION, or change the file", region, AccountFile, account.Region)
			}
			return account.Region, nil
		}},
		{"bucket of states", func(ctx context.Context) (string, error) {
			there, err := bucketThere(ctx, c.S3, account.stateBucket())
			if err == nil && !there {
				err = errors.New("it is not there; `make bootstrap` makes it")
			}
			return account.stateBucket(), err
		}},
		{"connection to GitLab", func(ctx context.Context) (string, error) {
			return "it is approved", Connection(ctx, c.SSM, c.Connections)
		}},
		{"public zone", func(ctx context.Context) (string, error) { return c.zone(ctx, account.Zone) }},
	}
}

func (c Clients) identity(ctx context.Context, account Account) (string, error) {
	found, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("no credentials that AWS accepts; set AWS_PROFILE, or sign in: %w", err)
	}
	if aws.ToString(found.Account) != account.ID {
		return "", fmt.Errorf("the credentials are of account %s, and %s says %s; use others, or change the file", aws.ToString(found.Account), AccountFile, account.ID)
	}
	return aws.ToString(found.Arn), nil
}

// zone asks AWS for the zone's servers and the world's names for those that it is told of.
func (c Clients) zone(ctx context.Context, name string) (string, error) {
	servers, err := c.servers(ctx, name)
	if err != nil {
		return "", err
	}
	told, err := c.LookupNS(ctx, name)
	if err != nil {
		return "", fmt.Errorf("nobody on the internet knows %s; give its parent zone the NS records %s: %w", name, strings.Join(servers, ", "), err)
	}
	for _, ns := range told {
		if !slices.Contains(servers, strings.TrimSuffix(ns.Host, ".")) {
			return "", fmt.Errorf("the parent zone sends %s to %s; give it the NS records %s", name, ns.Host, strings.Join(servers, ", "))
		}
	}
	return name + " is delegated", nil
}

func (c Clients) servers(ctx context.Context, name string) ([]string, error) {
	zones, err := c.Route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: &name})
	if err != nil {
		return nil, fmt.Errorf("look for the zone %s: %w", name, err)
	}
	for _, zone := range zones.HostedZones {
		if strings.TrimSuffix(aws.ToString(zone.Name), ".") != name || zone.Config != nil && zone.Config.PrivateZone {
			continue
		}
		found, err := c.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: zone.Id})
		if err != nil {
			return nil, fmt.Errorf("look at the zone %s: %w", name, err)
		}
		return found.DelegationSet.NameServers, nil
	}
	return nil, fmt.Errorf("there is no zone %s; `make deploy ENV=shared` makes it", name)
}

// OfEnvironment are the checks of the parameters of an environment that must be there.
func (c Clients) OfEnvironment(env string) []Check {
	store := Store{SSM: c.SSM, Environment: env}
	return []Check{{"secrets of " + env, store.filled}, {"certificates of " + env, store.certified}}
}

// IfApplied are the same of one that need not be.
func (c Clients) IfApplied(env string) []Check {
	checks := c.OfEnvironment(env)
	for i := range checks {
		checks[i].Look = ifApplied(checks[i].Look)
	}
	return checks
}
