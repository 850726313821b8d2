package operator_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codeconnections"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"gitlab.com/notejam/notejam/operator"
	"gitlab.com/notejam/notejam/operator/awstest"
)

var account = operator.Account{ID: "123456789012", Region: "us-east-1", Zone: "notejam.example.com"}

const bucket = "notejam-state-123456789012-us-east-1"

// complete is an account where nothing is missing.
func complete(t *testing.T) *awstest.Server {
	t.Helper()
	server := certified(t)
	err := filling(server, &bytes.Buffer{}).Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.Account, server.Buckets, server.Connection = account.ID, []string{bucket}, "AVAILABLE"
	server.Zone, server.Servers = account.Zone+".", []string{"ns-1.awsdns-01.com", "ns-2.awsdns-02.org"}
	server.Set("/notejam/shared/connection-arn", awstest.Parameter{Value: "arn:aws:codeconnections:us-east-1:123456789012:connection/x", Type: "String"})
	return server
}

func clients(server *awstest.Server, told ...string) operator.Clients {
	found := server.Config()
	return operator.Clients{
		STS: sts.NewFromConfig(found), SSM: ssm.NewFromConfig(found), Connections: codeconnections.NewFromConfig(found), Route53: route53.NewFromConfig(found),
		S3: s3.NewFromConfig(found, func(o *s3.Options) { o.UsePathStyle = true }),
		LookupNS: func(context.Context, string) ([]*net.NS, error) {
			var servers []*net.NS
			for _, name := range told {
				servers = append(servers, &net.NS{Host: name})
			}
			if len(told) == 0 {
				return nil, errors.New("no such host")
			}
			return servers, nil
		},
	}
}

func diagnose(t *testing.T, checks []operator.Check) (string, error) {
	t.Helper()
	var log bytes.Buffer
	err := operator.Doctor(t.Context(), checks, &log)
	return log.String(), err
}

func TestNothingIsMissingInACompleteAccount(t *testing.T) {
	c := clients(complete(t), "ns-2.awsdns-02.org.", "ns-1.awsdns-01.com.")
	said, err := diagnose(t, append(c.OfAccount(account, "us-east-1"), c.OfEnvironment("dev")...))
	if err != nil || strings.Count(said, "ok  ") != 7 || strings.Count(said, "\n") != 7 {
		t.Errorf("%v:\n%s", err, said)
	}
}

func TestWhateverIsMissingIsNamedWithWhatToDo(t *testing.T) {
	for _, planted := range []struct {
		says  string
		plant func(server *awstest.Server)
	}{
		{"the credentials are of account 210987654321", func(s *awstest.Server) { s.Account = "210987654321" }},
		{"`make bootstrap` makes it", func(s *awstest.Server) { s.Buckets = nil }},
		{"PENDING; approve it in the console", func(s *awstest.Server) { s.Connection = "PENDING" }},
		{"there is no zone notejam.example.com; `make deploy ENV=shared`", func(s *awstest.Server) { s.Zone = "" }},
		{"sends notejam.example.com to ns-1.awsdns-01.com.; give it the NS records ns-9.awsdns-09.net", func(s *awstest.Server) { s.Servers = []string{"ns-9.awsdns-09.net"} }},
		{"unset: web/form-key; `make secrets ENV=dev`", func(s *awstest.Server) {
			s.Set("/notejam/dev/web/form-key", awstest.Parameter{Value: "unset", Type: "SecureString"})
		}},
		{"notes: the certificate is damaged: it holds no PEM block; `make pki ENV=dev`", func(s *awstest.Server) {
			s.Set("/notejam/dev/notes/tls-cert", awstest.Parameter{Value: "unset", Type: "SecureString"})
		}},
		{"there is no authority; `make pki ENV=dev`", func(s *awstest.Server) {
			s.Set("/notejam/dev/tls-ca-key", awstest.Parameter{Value: "unset", Type: "SecureString"})
		}},
	} {
		t.Run(planted.says, func(t *testing.T) {
			server := complete(t)
			planted.plant(server)
			c := clients(server, "ns-1.awsdns-01.com.")
			said, err := diagnose(t, append(c.OfAccount(account, ""), c.OfEnvironment("dev")...))
			if err == nil || !strings.Contains(said, planted.says) || strings.Count(said, "MISSING") != 1 {
				t.Errorf("%v:\n%s", err, said)
			}
		})
	}
}

func TestAnotherRegionAndAZoneThatNobodyKnowsAreNamed(t *testing.T) {
	c := clients(complete(t))
	said, err := diagnose(t, c.OfAccount(account, "eu-central-1"))
	if err == nil || !strings.Contains(said, "the shell says eu-central-1") || !strings.Contains(said, "nobody on the internet knows notejam.example.com; give its parent zone the NS records ns-1.awsdns-01.com, ns-2") {
		t.Errorf("%v:\n%s", err, said)
	}
}

func TestAnEmptyAccountIsSaidToBe(t *testing.T) {
	server := awstest.New(t)
	server.Account = account.ID
	c := clients(server)
	said, err := diagnose(t, append(c.OfAccount(account, ""), c.OfEnvironment("qa")...))
	if err == nil || !strings.Contains(said, "there is no connection to GitLab; `make deploy ENV=shared`") || strings.Count(said, "the environment is not applied") != 2 {
		t.Errorf("%v:\n%s", err, said)
	}
	said, err = diagnose(t, c.IfApplied("qa"))
	if err != nil || strings.Count(said, "not applied") != 2 {
		t.Errorf("%v:\n%s", err, said)
	}
	server.Set("/notejam/qa/web/form-key", awstest.Parameter{Value: "x", Type: "SecureString"})
	said, err = diagnose(t, c.IfApplied("qa"))
	if err == nil || !strings.Contains(said, "since a parameter was added; `make deploy ENV=qa`") {
		t.Errorf("%v:\n%s", err, said)
	}
}

func TestOldProgramsOfTheMachineAreNamed(t *testing.T) {
	for _, planted := range []struct{ node, terraform, says string }{
		{"v20.1.0", `{"terraform_version": "1.11.4"}`, ""},
		{"v18.19.0", `{"terraform_version": "2.0.0"}`, ""},
		{"v18.18.2", `{"terraform_version": "1.11.0"}`, "it is 18.18.2; install Node.js 18.19 or newer"},
		{"v22.0.0", `{"terraform_version": "1.9.8"}`, "it is 1.9.8; install Terraform 1.11 or newer"},
		{"", `{"terraform_version": "1.11.0"}`, "it is not installed; `make setup` installs it"},
	} {
		folder := t.TempDir()
		for name, text := range map[string]string{"node": planted.node, "terraform": planted.terraform} {
			if text != "" {
				script(t, folder, name, "echo '"+text+"'")
			}
		}
		t.Setenv("PATH", folder)
		said, err := diagnose(t, operator.OfMachine())
		if (err == nil) != (planted.says == "") || !strings.Contains(said, planted.says) {
			t.Errorf("%v:\n%s", err, said)
		}
	}
}

// script puts a program into a folder.
func script(t *testing.T, folder, name, text string) {
	t.Helper()
	err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700)
	if err != nil {
		t.Fatal(err)
	}
}
