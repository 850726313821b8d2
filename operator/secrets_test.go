package operator_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/operator"
	"gitlab.com/notejam/notejam/operator/awstest"
)

const asked = "what an operator knows"

// public is what AWS publishes, longer than a standard parameter.
var public = strings.Repeat("what AWS publishes ", 300)

// applied is a server where Terraform has made every parameter of dev.
func applied(t *testing.T) *awstest.Server {
	t.Helper()
	server := awstest.New(t)
	for _, p := range operator.Parameters() {
		kind := "SecureString"
		if p.Open {
			kind = "String"
		}
		server.Set("/notejam/dev/"+p.Name, awstest.Parameter{Value: "unset", Type: kind})
	}
	return server
}

func filling(server *awstest.Server, log *bytes.Buffer, rotate ...string) operator.Filling {
	return operator.Filling{
		Store: operator.Store{SSM: ssm.NewFromConfig(server.Config()), Environment: "dev"}, Rotate: rotate, Log: log,
		Ask:         func(_ context.Context, name string) (string, error) { return asked + " of " + name, nil },
		Authorities: func(context.Context) (string, error) { return public, nil },
	}
}

func values(server *awstest.Server) map[string]string {
	all := map[string]string{}
	for _, p := range operator.Parameters() {
		all[p.Name] = server.Parameter("/notejam/dev/" + p.Name).Value
	}
	return all
}

func TestEverySecretIsFilledOnceAndNoneIsShown(t *testing.T) {
	server := applied(t)
	var log bytes.Buffer
	err := filling(server, &log).Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, seen := values(server), map[string]string{}
	for _, p := range operator.Parameters() {
		value, stored := first[p.Name], server.Parameter("/notejam/dev/"+p.Name)
		switch p.Source {
		case operator.Random:
			raw, err := base64.StdEncoding.DecodeString(value)
			if err != nil || len(raw) != 32 {
				t.Errorf("%s is no 256 bits", p.Name)
			}
		case operator.Given:
			if value != asked+" of "+p.Name {
				t.Errorf("%s is not what was given", p.Name)
			}
		case operator.Public:
			if value != public {
				t.Errorf("%s is %q", p.Name, value)
			}
		case operator.Issued:
			if value != "unset" {
				t.Errorf("%s is filled by another command", p.Name)
			}
			continue
		}
		if seen[value] != "" {
			t.Errorf("%s and %s are the same", p.Name, seen[value])
		}
		seen[value] = p.Name
		if !p.Open && (stored.Type != "SecureString" || stored.Key != "alias/notejam-dev-app") {
			t.Errorf("%s is a %s under the key %q", p.Name, stored.Type, stored.Key)
		}
		if p.Open && (stored.Type != "String" || stored.Tier != "Advanced") {
			t.Errorf("%s is a %s of the tier %q", p.Name, stored.Type, stored.Tier)
		}
		if strings.Contains(log.String(), value) {
			t.Errorf("%s was shown", p.Name)
		}
	}
	puts := len(server.Puts())
	err = filling(server, &log).Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, values(server)); diff != "" || len(server.Puts()) != puts {
		t.Error("the second time something changed")
	}
}

func TestOnlyWhatIsNamedIsRotated(t *testing.T) {
	server := applied(t)
	err := filling(server, &bytes.Buffer{}).Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, puts := values(server), len(server.Puts())
	err = filling(server, &bytes.Buffer{}, "notes/db-password").Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/notejam/dev/notes/db-password"}, server.Puts()[puts:]); diff != "" {
		t.Error(diff)
	}
	if before["notes/db-password"] == values(server)["notes/db-password"] {
		t.Error("it is the same")
	}
}

func TestWhatOthersDependOnIsNotRotated(t *testing.T) {
	server := applied(t)
	for _, planted := range []struct{ name, says string }{
		{"auth/sealing-key", "auth does not start with another one"},
		{"audit/checkpoint-key", "AUDIT_CHECKPOINT_KEYS"},
		{"auth/tls-cert", "there is no auth/tls-cert to rotate here, only audit/checkpoint-key,"},
	} {
		err := filling(server, &bytes.Buffer{}, planted.name).Secrets(t.Context())
		if err == nil || !strings.Contains(err.Error(), planted.says) || len(server.Puts()) > 0 {
			t.Errorf("it says %v after %q", err, server.Puts())
		}
	}
	err := filling(server, &bytes.Buffer{}, "tls-ca-key").Certificates(t.Context())
	if err == nil || !strings.Contains(err.Error(), "services could not call each other") {
		t.Errorf("it says %v", err)
	}
}

func TestAnEnvironmentThatIsNotAppliedIsNotFilled(t *testing.T) {
	server := awstest.New(t)
	err := filling(server, &bytes.Buffer{}).Secrets(t.Context())
	if !errors.Is(err, operator.ErrNotApplied) || !strings.HasSuffix(err.Error(), ": dev") {
		t.Errorf("it says %v", err)
	}
	server.Set("/notejam/dev/auth/smtp-user", awstest.Parameter{Value: "unset", Type: "SecureString"})
	err = filling(server, &bytes.Buffer{}).Secrets(t.Context())
	if !errors.Is(err, operator.ErrNotThere) || !strings.Contains(err.Error(), "/notejam/dev/web/form-key") || len(server.Puts()) > 0 {
		t.Errorf("it says %v", err)
	}
}

func TestWhatNobodyGivesIsNamedAndTheRestIsFilled(t *testing.T) {
	server := applied(t)
	f := filling(server, &bytes.Buffer{})
	f.Ask = func(context.Context, string) (string, error) { return "", errors.New("nobody knows") }
	err := f.Secrets(t.Context())
	if err == nil || err.Error() != "auth/smtp-password: nobody knows\nauth/smtp-user: nobody knows" || values(server)["web/form-key"] == "unset" {
		t.Errorf("it says %v", err)
	}
	err = filling(server, &bytes.Buffer{}).Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range values(server) {
		if value == "unset" && !strings.Contains(name, "tls-") {
			t.Errorf("%s is unset", name)
		}
	}
}
