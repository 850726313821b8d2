// Package operator is what an operator does to Notejam on AWS from a machine of their own: it looks whether all is there, lets
// Terraform plan, apply and destroy a stack, and fills the parameters that hold secrets.
package operator

import (
	"maps"
	"slices"
	"strings"

	"gitlab.com/notejam/notejam/local/setup"
)

// Source is where a parameter's value comes from.
type Source string

// The sources.
const (
	Random Source = "random" // nobody must know it
	Issued Source = "issued" // by the environment's own authority
	Given  Source = "given"  // an operator knows it
	Public Source = "public" // AWS publishes it
)

// Parameter is one that infra-cdktf makes and leaves for an operator to fill: /notejam/ENVIRONMENT/NAME.
type Parameter struct {
	Name   string
	Source Source
	// Open: it is no secret, so it is no SecureString.
	Open bool
	// Kept is why another value would break what was made with this one; "" lets it be rotated.
	Kept string
}

const (
	// unset is what infra-cdktf puts into each. Its value is never known to Terraform.
	unset = "unset"

	authorityName    = "tls-ca"
	authorityKeyName = "tls-ca-key"
	databaseName     = "mysql-ca"
)

// kept are those that cannot simply be rotated.
var kept = map[string]string{
	"auth/sealing-key":     "the signing keys in the database are sealed with it, and auth does not start with another one",
	"audit/checkpoint-key": "what it has signed is checked with it; AUDIT_CHECKPOINT_KEYS would have to keep its public half",
	authorityKeyName:       "every task trusts only certificates of this authority until it is replaced, so services could not call each other meanwhile",
}

// given are what others than we make: the credentials of the mail server.
var given = []string{"auth/smtp-password", "auth/smtp-user"}

// Services are those that have secrets and certificates.
func Services() []string { return slices.Sorted(maps.Keys(setup.Settings)) }

// Parameters are all, by name. The random ones are those that docker compose makes, under the same names.
func Parameters() []Parameter {
	all := []Parameter{
		{Name: authorityName, Source: Issued, Open: true},
		{Name: authorityKeyName, Source: Issued},
		{Name: databaseName, Source: Public, Open: true},
	}
	for _, name := range setup.Passwords() {
		all = append(all, Parameter{Name: name, Source: Random})
	}
	for _, service := range Services() {
		for _, setting := range setup.Settings[service] {
			all = append(all, Parameter{Name: service + "/" + setup.FileName(setting), Source: Random})
		}
		all = append(all, Parameter{Name: certificateOf(service), Source: Issued}, Parameter{Name: keyOf(service), Source: Issued})
	}
	for _, name := range given {
		all = append(all, Parameter{Name: name, Source: Given})
	}
	for i := range all {
		all[i].Kept = kept[all[i].Name]
	}
	slices.SortFunc(all, func(a, b Parameter) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func certificateOf(service string) string { return service + "/tls-cert" }

func keyOf(service string) string { return service + "/tls-key" }
