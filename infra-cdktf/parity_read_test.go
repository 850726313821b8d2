package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// container is what docker compose and ECS are both told of one.
type container struct {
	// Settings are values by name, Secrets what each is given as a secret: a file in compose, a parameter on AWS.
	// Optional are those that compose only passes on, if somebody sets them.
	Settings, Secrets map[string]string
	Optional          []string

	Port, User, Health string
	Command            string
	ReadOnly           bool
	Dropped            string
	Stop               time.Duration
	HealthTimeout      time.Duration
}

// families are the containers that are on both, compose's name and the family of the task.
func families() map[string]string {
	return map[string]string{
		"auth": "auth", "notes": "notes", "audit": "audit", "web": "web", "database": "dbinit",
		"migrate-auth": "migrate-auth", "migrate-notes": "migrate-notes", "migrate-audit": "migrate-audit",
	}
}

const mounted = "/run/notejam/" // where compose puts secrets and certificates

func readCompose(t *testing.T) map[string]block {
	t.Helper()
	content, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]block
	}
	err = yaml.Unmarshal(content, &file)
	if err != nil {
		t.Fatal(err)
	}
	return file.Services
}

// ofCompose reads a service of docker-compose.yml, whose merge keys the decoder has resolved.
func ofCompose(service block) container {
	health := at(service, "healthcheck")
	c := container{
		Settings: map[string]string{}, Secrets: map[string]string{},
		User: word(service["user"]), Health: strings.Join(words(health["test"]), " "), HealthTimeout: duration(health["timeout"]),
		Command: strings.Join(words(service["command"]), " "), Dropped: strings.Join(words(service["cap_drop"]), " "),
		ReadOnly: service["read_only"] == true, Stop: duration(service["stop_grace_period"]),
	}
	for name, v := range at(service, "environment") {
		value := word(v)
		name = strings.TrimSuffix(name, "_FILE")
		switch {
		case v == nil:
			c.Optional = append(c.Optional, name)
		case strings.Contains(value, mounted):
			c.Secrets[name] = value
		default:
			c.Settings[name] = value
		}
	}
	c.Port = portOf(c.Settings)
	for _, published := range words(service["ports"]) {
		c.Port = published[strings.LastIndex(published, ":")+1:]
	}
	return c
}

// ofTask reads a task definition's container. Inside, compose and AWS name services alike but for the domain.
func ofTask(definition block, domain string) container {
	v := only(parse(word(definition["container_definitions"])))
	health := at(v, "healthCheck")
	c := container{
		Settings: map[string]string{}, Secrets: map[string]string{},
		User: word(v["user"]), Health: strings.Join(words(health["command"]), " "), HealthTimeout: seconds(health["timeout"]),
		Command: strings.Join(words(v["command"]), " "), Dropped: strings.Join(words(at(v, "linuxParameters", "capabilities")["drop"]), " "),
		ReadOnly: v["readonlyRootFilesystem"] == true, Stop: seconds(v["stopTimeout"]),
	}
	for _, pair := range each(v["environment"]) {
		c.Settings[word(pair["name"])] = strings.ReplaceAll(word(pair["value"]), "."+domain, "")
	}
	for _, pair := range each(v["secrets"]) {
		c.Secrets[word(pair["name"])] = word(pair["valueFrom"])
	}
	for _, port := range each(v["portMappings"]) {
		c.Port = number(port["containerPort"])
	}
	return c
}

// portOf is the port at which a service is called.
func portOf(settings map[string]string) string {
	for name, value := range settings {
		if strings.HasSuffix(name, "_GRPC_ADDR") || name == "WEB_ADDR" {
			return value[strings.LastIndex(value, ":")+1:]
		}
	}
	return ""
}

func duration(v any) time.Duration {
	d, _ := time.ParseDuration(word(v))
	return d
}

func seconds(v any) time.Duration {
	n, _ := v.(float64)
	return time.Duration(n) * time.Second
}

// knows says whether compose gives a setting, or would if somebody set it.
func (c container) knows(name string) bool {
	_, set := c.Settings[name]
	_, secret := c.Secrets[name]
	return set || secret || slices.Contains(c.Optional, name)
}
