// Command release is what the pipeline's builds do besides make's targets; buildspecs/ call it:
//
//	release images [-images FILE]    print each program and tag that REGISTRY lacks; if none, write the file
//	release migrate [-images FILE]   run the migrations as tasks in CLUSTER, in SUBNETS and with SECURITY_GROUP
//	release deploy [-images FILE]    give SERVICES their new images in CLUSTER, MIN_TASKS being what each starts with
//	release smoke                    visit SITE
//
// Settings are the environment variables that infra-cdktf gives the builds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"gitlab.com/notejam/notejam/release"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: images, migrate, deploy or smoke")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	images := flags.String("images", release.ImagesFile, "the file that names each image by its digest")
	err := flags.Parse(args[1:])
	if err != nil {
		return err
	}
	switch args[0] {
	case "images":
		return findImages(ctx, *images)
	case "migrate":
		return migrate(ctx, *images)
	case "deploy":
		return deploy(ctx, *images)
	case "smoke":
		set, err := settings("SITE")
		if err != nil {
			return err
		}
		return release.Smoke(ctx, set["SITE"])
	default:
		return fmt.Errorf("there is nothing that is called %q", args[0])
	}
}

// findImages reads the repository that it is run in.
func findImages(ctx context.Context, path string) error {
	set, err := settings("REGISTRY")
	if err != nil {
		return err
	}
	found, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("find the settings of AWS: %w", err)
	}
	images, err := release.Registry{ECR: ecr.NewFromConfig(found), Base: set["REGISTRY"]}.Find(ctx, ".")
	if err != nil {
		return err
	}
	missing := images.Missing()
	for _, program := range missing {
		fmt.Println(program, images[program].Tag())
	}
	if len(missing) > 0 {
		return nil
	}
	return images.Write(path)
}

func migrate(ctx context.Context, path string) error {
	set, err := settings("CLUSTER", "SUBNETS", "SECURITY_GROUP")
	if err != nil {
		return err
	}
	images, err := release.ReadImages(path)
	if err != nil {
		return err
	}
	cluster, err := open(ctx, set["CLUSTER"])
	if err != nil {
		return err
	}
	return cluster.Migrate(ctx, images, release.Place{Subnets: strings.Split(set["SUBNETS"], ","), Group: set["SECURITY_GROUP"]})
}

func deploy(ctx context.Context, path string) error {
	set, err := settings("CLUSTER", "SERVICES", "MIN_TASKS")
	if err != nil {
		return err
	}
	least, err := counts(set["MIN_TASKS"])
	if err != nil {
		return err
	}
	images, err := release.ReadImages(path)
	if err != nil {
		return err
	}
	cluster, err := open(ctx, set["CLUSTER"])
	if err != nil {
		return err
	}
	return cluster.Deploy(ctx, strings.Fields(set["SERVICES"]), images, least)
}

func open(ctx context.Context, name string) (release.Cluster, error) {
	found, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return release.Cluster{}, fmt.Errorf("find the settings of AWS: %w", err)
	}
	return release.Cluster{
		ECS: ecs.NewFromConfig(found), Logs: cloudwatchlogs.NewFromConfig(found), Name: name, Limit: release.DeployLimit, Poll: release.DeployPoll, Log: os.Stdout,
	}, nil
}

// settings reads environment variables, and says of all at once which are missing.
func settings(names ...string) (map[string]string, error) {
	set := map[string]string{}
	var missing []error
	for _, name := range names {
		set[name] = os.Getenv(name)
		if set[name] == "" {
			missing = append(missing, fmt.Errorf("%s is not set", name))
		}
	}
	return set, errors.Join(missing...)
}

// counts reads "auth=1 notes=1".
func counts(text string) (map[string]int32, error) {
	least := map[string]int32{}
	for _, pair := range strings.Fields(text) {
		name, number, _ := strings.Cut(pair, "=")
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("MIN_TASKS: %q is not SERVICE=NUMBER", pair)
		}
		least[name] = int32(n)
	}
	return least, nil
}
