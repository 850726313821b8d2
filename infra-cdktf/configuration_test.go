package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// documented is a setting as docs/configuration.md, which is made from the services' code, has it.
type documented struct {
	Service, Kind string
	Required      bool
	Default       string
}

// docs gives the documented settings by name.
func docs(t *testing.T) map[string]documented {
	t.Helper()
	content, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("^\\| `([A-Z_]+)` \\| ([a-z]+) \\| ([^|]*) \\|")
	settings, service := map[string]documented{}, ""
	for line := range strings.Lines(string(content)) {
		if title, found := strings.CutPrefix(line, "## "); found {
			service = strings.TrimSpace(title)
		}
		if match := row.FindStringSubmatch(line); match != nil {
			settings[match[1]] = documented{Service: service, Kind: match[2], Required: match[3] == "required", Default: strings.Trim(match[3], "`")}
		}
	}
	if len(settings) < 80 {
		t.Fatalf("only %d settings were found", len(settings))
	}
	return settings
}

// given are the settings of a task, by name: true those that come from a parameter.
func given(container block) map[string]bool {
	names := map[string]bool{}
	for _, variable := range each(container["environment"]) {
		names[word(variable["name"])] = false
	}
	for _, variable := range each(container["secrets"]) {
		names[word(variable["name"])] = true
	}
	return names
}

func TestTasksHaveTheSettingsThatTheServicesRead(t *testing.T) {
	settings := docs(t)
	for env, m := range load(t).environments {
		for name, container := range containers(m) {
			service := word(container["name"])
			if service == setupImage {
				continue // it is no service; rules_test.go has its settings
			}
			for setting, secret := range given(container) {
				if setting == "GOMEMLIMIT" { // Go itself reads it
					continue
				}
				documented, found := settings[setting]
				if !found || documented.Service != service {
					t.Errorf("%s: %s is given %s, which %s does not read", env.Name, name, setting, service)
				}
				if documented.Kind == "secret" && !secret {
					t.Errorf("%s: %s has the secret %s in the open", env.Name, name, setting)
				}
			}
		}
		for _, service := range serviceNames {
			has := given(containers(m)["task-"+service])
			for setting, documented := range settings {
				_, there := has[setting]
				if documented.Service == service && documented.Required && !there {
					t.Errorf("%s: %s is not given %s, which it requires", env.Name, service, setting)
				}
			}
			// Where defaults are those of one's own machine.
			for _, suffix := range []string{"_GRPC_ADDR", "_MYSQL_ADDR", "_MYSQL_CA", "_PUBLIC_URL", "_ADDR"} {
				setting := strings.ToUpper(service) + suffix
				_, exists := settings[setting]
				_, there := has[setting]
				if exists && !there {
					t.Errorf("%s: %s is not given %s, whose default is for one's own machine", env.Name, service, setting)
				}
			}
		}
	}
}

func TestTimesAndPoolsFollowThoseOfTheServices(t *testing.T) {
	settings := docs(t)
	seconds := func(setting string) int {
		d, err := time.ParseDuration(settings[setting].Default)
		if err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		return int(d.Seconds())
	}
	for _, program := range Programs() {
		drain, stop := seconds(program.setting("DRAIN_DELAY")), seconds(program.setting("STOP_TIMEOUT"))
		if drain+stop >= stopTimeout {
			t.Errorf("%s ends in up to %d s and is killed after %d s", program.Name, drain+stop, stopTimeout)
		}
		if dnsTTL >= drain || deregistration <= drain {
			t.Errorf("%s serves for %d s after it was told to stop; its name is kept %d s, its target for %d s", program.Name, drain, dnsTTL, deregistration)
		}
		if start := seconds(program.setting("START_TIMEOUT")); start != startTime {
			t.Errorf("%s may take %d s to start, and is asked for its health after %d s", program.Name, start, startTime)
		}
		if !program.Sends {
			continue
		}
		code, err := os.ReadFile("../services/" + program.Name + "/config.go")
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(`relayMaxOpen = ([0-9]+)`).FindSubmatch(code)
		if len(match) != 2 || string(match[1]) != strconv.Itoa(program.OtherPool) {
			t.Errorf("%s: its other pool is %q, not %d", program.Name, match, program.OtherPool)
		}
	}
	if got := seconds("AUDIT_QUEUE_VISIBILITY"); got != visibility {
		t.Errorf("audit hides a message for %d s, the queue for %d s", got, visibility)
	}
}

func TestPortsAreThoseOfTheServices(t *testing.T) {
	settings := docs(t)
	for env, m := range load(t).environments {
		for _, service := range serviceNames {
			setting := map[bool]string{true: "WEB_ADDR", false: strings.ToUpper(service) + "_GRPC_ADDR"}[service == "web"]
			_, port, _ := strings.Cut(settings[setting].Default, ":")
			container := containers(m)["task-"+service]
			if got := number(at(container, "portMappings")["containerPort"]); got != port {
				t.Errorf("%s: %s is reached at %s and listens at %s", env.Name, service, got, port)
			}
			if !slices.ContainsFunc(each(container["environment"]), func(v block) bool {
				return v["name"] == setting && v["value"] == "0.0.0.0:"+port
			}) {
				t.Errorf("%s: %s does not listen at its port %s for others", env.Name, service, port)
			}
		}
	}
}

func TestTheServicesLogWhatAlarmsCount(t *testing.T) {
	code := ""
	for _, folder := range []string{"../platform", "../services"} {
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(filepath.Join(folder, path))
			code += string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	message := regexp.MustCompile(`\$\.msg = ("[^"*]+)`)
	for name, filter := range load(t).Modules["prod"].all("aws_cloudwatch_log_metric_filter") {
		for _, match := range message.FindAllStringSubmatch(word(filter["pattern"]), -1) {
			if !strings.Contains(code, match[1]) {
				t.Errorf("%s counts %s, which no service logs", name, match[1])
			}
		}
	}
}
