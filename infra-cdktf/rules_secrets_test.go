package main

import (
	"regexp"
	"slices"
	"strings"
)

// matches says whether a policy's resource, which may have stars, is an ARN.
func matches(resource, arn string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(resource), `\*`, ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(arn)
}

// readsParameters are the actions that give a parameter's value.
var readsParameters = []string{"ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"}

// readers are the roles that may read a parameter.
func readers(w *world, m module, name string) []string {
	var found []string
	for role, statements := range policies(m) {
		for _, st := range statements {
			for _, resource := range words(st["Resource"]) {
				reads := slices.ContainsFunc(words(st["Action"]), func(action string) bool { return slices.Contains(readsParameters, action) })
				if reads && matches(resource, w.Account.arn("ssm", "parameter"+name)) {
					found = append(found, role)
				}
			}
		}
	}
	return found
}

func secretProperties() []property {
	return []property{
		{0, "no role reads the key that services' certificates are signed with", func(w *world, f *faults) {
			for env, m := range w.environments {
				key := m.one("aws_ssm_parameter", "parameter-tls-ca-key")
				f.check(key["type"] == "SecureString", "%s: there is no place for it: %v", env.Name, key["type"])
				found := readers(w, m, word(key["name"]))
				f.check(len(found) == 0, "%s: %v read it", env.Name, found)
				f.check(len(readers(w, m, "/notejam/"+env.Name+"/tls-ca")) > 0, "%s: nobody is seen to read anything", env.Name)
			}
		}},
	}
}
