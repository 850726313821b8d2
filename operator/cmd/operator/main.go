// Command operator is what make's targets for AWS call; it is run in the root of the repository:
//
//	operator known STACK                   refuse what is no stack
//	operator plan | apply | destroy STACK  let Terraform do it
//	operator bootstrap                     make the bucket of all states
//	operator secrets ENV [-rotate NAMES]   fill the parameters that are still unset, and those that are named
//	operator pki ENV [-rotate NAMES]       issue the certificates that are missing or end within 30 days
//	operator drift ENV                     fail if what is on AWS is not what is written, or a certificate is old
//	operator doctor [ENV]                  look what is missing, on this machine and in the account
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/term"

	"gitlab.com/notejam/notejam/operator"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: known, plan, apply, destroy, bootstrap, secrets, pki, drift or doctor")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	rotate := flags.String("rotate", "", "parameters that get another value, with commas between")
	name, rest := "", args[1:]
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		name, rest = rest[0], rest[1:]
	}
	err := flags.Parse(rest)
	if err != nil {
		return err
	}
	switch args[0] {
	case "known":
		return operator.Known(name, operator.Stacks)
	case "plan", "apply", "destroy":
		return terraform(ctx, args[0], name)
	case "bootstrap":
		account, found, err := open(ctx)
		if err != nil {
			return err
		}
		return stack("bootstrap").Bootstrap(ctx, buckets(found), account)
	case "secrets", "pki":
		return fill(ctx, args[0], name, strings.FieldsFunc(*rotate, func(r rune) bool { return r == ',' || r == ' ' }))
	case "drift":
		return drift(ctx, name)
	case "doctor":
		return doctor(ctx, name)
	default:
		return fmt.Errorf("there is nothing that is called %q", args[0])
	}
}

func stack(name string) operator.Stack {
	return operator.Stack{Folder: operator.StacksFolder, Name: name, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
}

func terraform(ctx context.Context, command, name string) error {
	err := operator.Known(name, operator.Stacks)
	if err != nil {
		return err
	}
	s := stack(name)
	switch command {
	case "plan":
		return s.Plan(ctx)
	case "destroy":
		if slices.Contains(operator.Guarded, name) {
			err = s.Confirmed(os.Getenv("CONFIRM"), atTerminal())
			if err != nil {
				return err
			}
		}
		return s.Destroy(ctx)
	default:
		if slices.Contains(operator.Environments, name) {
			_, found, err := open(ctx)
			if err != nil {
				return err
			}
			err = operator.Connection(ctx, ssm.NewFromConfig(found), codeconnections.NewFromConfig(found))
			if err != nil {
				return err
			}
		}
		return s.Apply(ctx)
	}
}

func drift(ctx context.Context, env string) error {
	account, found, err := openFor(ctx, env)
	if err != nil {
		return err
	}
	store := operator.Store{SSM: ssm.NewFromConfig(found), Environment: env}
	return errors.Join(stack(env).Drift(ctx, buckets(found), account), store.Aged(ctx, time.Now()))
}

func doctor(ctx context.Context, name string) error {
	if name != "" {
		err := operator.Known(name, operator.Environments)
		if err != nil {
			return err
		}
	}
	account, found, err := open(ctx)
	if err != nil {
		return err
	}
	clients := operator.Clients{
		STS: sts.NewFromConfig(found), S3: buckets(found), SSM: ssm.NewFromConfig(found),
		Connections: codeconnections.NewFromConfig(found), Route53: route53.NewFromConfig(found), LookupNS: net.DefaultResolver.LookupNS,
	}
	checks := append(operator.OfMachine(), clients.OfAccount(account, cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")))...)
	for _, env := range operator.Environments {
		switch name {
		case env:
			checks = append(checks, clients.OfEnvironment(env)...)
		case "":
			checks = append(checks, clients.IfApplied(env)...)
		}
	}
	return operator.Doctor(ctx, checks, os.Stdout)
}

// buckets are asked by path where the endpoint is not AWS's: a stand-in has no names for them.
func buckets(found aws.Config) *s3.Client {
	return s3.NewFromConfig(found, func(o *s3.Options) { o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" })
}

func fill(ctx context.Context, command, env string, rotate []string) error {
	account, found, err := openFor(ctx, env)
	if err != nil {
		return err
	}
	filling := operator.Filling{
		Store: operator.Store{SSM: ssm.NewFromConfig(found), Environment: env}, Rotate: rotate, Ask: ask, Log: os.Stdout,
		Authorities: func(ctx context.Context) (string, error) {
			return operator.FetchAuthorities(ctx, operator.DatabaseAuthorities(account.Region))
		},
	}
	if command == "pki" {
		return filling.Certificates(ctx)
	}
	return filling.Secrets(ctx)
}

// openFor is open for an environment, which there must be.
func openFor(ctx context.Context, env string) (operator.Account, aws.Config, error) {
	err := operator.Known(env, operator.Environments)
	if err != nil {
		return operator.Account{}, aws.Config{}, err
	}
	return open(ctx)
}

// open finds the account, and credentials for it.
func open(ctx context.Context) (operator.Account, aws.Config, error) {
	account, err := operator.ReadAccount(operator.AccountFile)
	if err != nil {
		return operator.Account{}, aws.Config{}, err
	}
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(account.Region))
	if err != nil {
		return operator.Account{}, aws.Config{}, fmt.Errorf("find the settings of AWS: %w", err)
	}
	return account, found, nil
}

// ask takes auth/smtp-user from the environment variable AUTH_SMTP_USER, else from whoever sits at the terminal, and
// does not show what is typed.
func ask(_ context.Context, name string) (string, error) {
	variable := strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(name))
	if value := os.Getenv(variable); value != "" {
		return value, nil
	}
	if !atTerminal() {
		return "", fmt.Errorf("set the environment variable %s, or type it at a terminal", variable)
	}
	fmt.Printf("%s: ", name)
	value, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Println()
	if err != nil {
		return "", fmt.Errorf("read it: %w", err)
	}
	if len(value) == 0 {
		return "", errors.New("nothing was typed")
	}
	return string(value), nil
}

func atTerminal() bool { return term.IsTerminal(int(os.Stdin.Fd())) }
