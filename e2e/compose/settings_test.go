package compose_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/services/audit"
	"gitlab.com/notejam/notejam/services/auth"
	"gitlab.com/notejam/notejam/services/notes"
	"gitlab.com/notejam/notejam/services/web"
)

// root is the repository.
const root = "../.."

var update = flag.Bool("update", false, "write .env.example")

var programs = []service.Program{auth.Program(), notes.Program(), audit.Program(), web.Program()}

// elsewhere are settings that a container of the service has no use for.
var elsewhere = map[string]string{
	"AUTH_MAIL_DIR":        "mails go to a server",
	"AUDIT_MYSQL_GRANT_TO": "for migrate-audit",
}

func TestDockerComposeGivesEachServiceAllOfItsSettingsAndNoOthers(t *testing.T) {
	for _, program := range programs {
		given := environment(t, program.Name)
		for _, setting := range service.Contract(program) {
			_, plain := given[setting.Name]
			_, file := given[setting.Name+"_FILE"]
			delete(given, setting.Name)
			if setting.Kind == env.KindSecret {
				delete(given, setting.Name+"_FILE")
			}
			if !plain && !file && elsewhere[setting.Name] == "" {
				t.Errorf("docker-compose.yml does not give %s its %s", program.Name, setting.Name)
			}
		}
		delete(given, "GOMEMLIMIT")
		for name := range given {
			t.Errorf("docker-compose.yml gives %s a %s that it does not read", program.Name, name)
		}
	}
}

func TestEverySecretOfAServiceIsReadFromAFile(t *testing.T) {
	for _, program := range programs {
		given := environment(t, program.Name)
		for _, setting := range service.Contract(program) {
			if setting.Kind == env.KindSecret && given[setting.Name] != "" {
				t.Errorf("%s has a value in docker-compose.yml", setting.Name)
			}
		}
	}
}

// TestTheExampleOfSettings holds .env.example to the settings and to docker-compose.yml; with -update it writes it.
func TestTheExampleOfSettings(t *testing.T) {
	want := example(t)
	file := filepath.Join(root, ".env.example")
	if *update {
		err := os.WriteFile(file, []byte(want), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, read(t, ".env.example")); diff != "" {
		t.Errorf("go test ./e2e/compose -run Example -update writes it anew (-want +got):\n%s", diff)
	}
}

const exampleHead = `# Settings of docker-compose.yml: copy this file to .env and take the # away before what you change. Everything has a
# default; without a .env it runs as well. What each setting may be is in docs/configuration.md.
# A test writes this file: go test ./e2e/compose -run Example -update

# Where the pages are, on 127.0.0.1.
#WEB_PORT=8000

# Where Mailpit shows the mails, on 127.0.0.1.
#MAILPIT_PORT=8025

# Where Grafana and Prometheus are, on 127.0.0.1, with --profile observability.
#GRAFANA_PORT=3000
#PROMETHEUS_PORT=9091

# Where the services send traces, and which part of all requests: with --profile observability, http://jaeger:4318 shows them on 127.0.0.1:16686.
#TRACE_ENDPOINT=
#TRACE_RATIO=0.05
#JAEGER_PORT=16686

# What MySQL may use; it needs 384m.
#MYSQL_MEMORY=768m

# The images' tag, which is also the version that they tell.
#NOTEJAM_TAG=dev

# The commit that images which are built tell; empty is what .git says.
#NOTEJAM_COMMIT=
`

// example is .env.example: every setting that docker-compose.yml does not fix, with its meaning and its default there.
func example(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(exampleHead)
	for _, program := range programs {
		fmt.Fprintf(&text, "\n# ---- %s\n", program.Name)
		given := environment(t, program.Name)
		var fixed []string
		for _, setting := range service.Contract(program) {
			value, there := given[setting.Name]
			if !there {
				continue
			}
			inCompose, open := changeable(setting.Name, value)
			switch {
			case !open:
				fixed = append(fixed, setting.Name)
				continue
			case inCompose == "":
				inCompose = setting.Default
			}
			limits := ""
			if setting.Limits != "" && setting.Kind != env.KindSecret {
				limits = " (" + setting.Limits + ")"
			}
			fmt.Fprintf(&text, "\n# %s%s\n#%s=%s\n", setting.Doc, limits, setting.Name, inCompose)
		}
		if len(fixed) > 0 {
			fmt.Fprintf(&text, "\n# docker-compose.yml itself sets %s.\n", strings.Join(fixed, ", "))
		}
	}
	return text.String()
}

// changeable tells whether .env changes the setting, and what it is if not.
func changeable(name, value string) (def string, open bool) {
	if value == "" {
		return "", true // passed on, if it is set
	}
	inner, found := strings.CutPrefix(value, "${"+name)
	if !found {
		// AUTH_PUBLIC_URL follows WEB_PUBLIC_URL.
		return "", false
	}
	inner = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(inner, ":"), "-"), "}")
	return strings.ReplaceAll(inner, "${WEB_PORT:-8000}", "8000"), true
}

var variable = regexp.MustCompile(`^      ([A-Z_]+):(?: (.*))?$`)

// environment reads the variables of a service in docker-compose.yml.
func environment(t *testing.T, name string) map[string]string {
	t.Helper()
	lines := strings.Split(read(t, "docker-compose.yml"), "\n")
	begin := slices.Index(lines, "  "+name+":")
	if begin < 0 {
		t.Fatalf("docker-compose.yml has no service %s", name)
	}
	found := map[string]string{}
	for _, line := range lines[begin+1:] {
		if strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "   ") {
			break // the next service
		}
		match := variable.FindStringSubmatch(line)
		if match != nil {
			found[match[1]] = strings.Trim(match[2], `"`)
		}
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
