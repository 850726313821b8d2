package service_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/service"
)

func TestRunArgs_CommandsOfAGroup(t *testing.T) {
	t.Parallel()
	const (
		groupUsage = `usage: demo letters COMMAND

look at letters

  list   list the letters
  show   show one letter
  count  count the letters
`
		countUsage = `usage: demo letters count COMMAND

count the letters

  unread  count the unread ones
`
		listUsage = `usage: demo letters list [FLAGS]

list the letters

  --json       print JSON
  --limit N    list at most N letters (default 10)
  --wait TIME  take TIME
`
		showUsage = `usage: demo letters show [FLAGS] NUMBER

show one letter

  --raw  as it came
`
	)
	for line, want := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"letters":                    {code: 2, stderr: "demo letters: which command?\n" + groupUsage},
		"letters help":               {stdout: groupUsage},
		"letters --help":             {stdout: groupUsage},
		"letters burn":               {code: 2, stderr: "demo letters: there is no command \"burn\"\n" + groupUsage},
		"letters count":              {stdout: "3 letters []\n"},
		"letters count unread":       {stdout: "1 letter unread\n"},
		"letters count read":         {stdout: "3 letters [read]\n"},
		"letters count help":         {stdout: countUsage},
		"letters list":               {code: 1, stdout: "a letter from demo letters list\n"},
		"letters list --json":        {code: 1, stdout: "{\n  \"letters\": [\n    \"a<b\"\n  ],\n  \"limit\": 10\n}\n"},
		"letters list -h":            {stdout: listUsage},
		"letters list --colour":      {code: 2, stderr: "demo letters list: flag provided but not defined: -colour\n" + listUsage},
		"letters list --limit 0":     {code: 2, stderr: "demo letters list: --limit is 0, want 1 or more\n" + listUsage},
		"letters list 7":             {code: 2, stderr: "demo letters list: \"7\" is too much\n" + listUsage},
		"letters show":               {code: 2, stderr: "demo letters show: NUMBER is missing\n" + showUsage},
		"letters show 7":             {stdout: "letter 7 raw: false\n"},
		"letters show --raw 7":       {stdout: "letter 7 raw: true\n"},
		"letters show 7 --raw":       {stdout: "letter 7 raw: true\n"},
		"letters show 7 8":           {code: 2, stderr: "demo letters show: \"8\" is too much\n" + showUsage},
		"letters show 0":             {code: 1, stderr: "demo letters show: there is no letter 0\n"},
		"letters list --wait 1100ms": {code: 1, stdout: "a letter from demo letters list\n", stderr: "looked often: true\n"},
		"letters list --limit twelve": {
			code: 2, stderr: "demo letters list: invalid value \"twelve\" for flag -limit: parse error\n" + listUsage,
		},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := service.RunArgs(t.Context(), demo(), strings.Fields(line), env.Map(settings(nil)), &stdout, &stderr)
			if code != want.code {
				t.Errorf("exit code %d, want %d", code, want.code)
			}
			if diff := cmp.Diff(want.stdout, stdout.String()); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.stderr, stderr.String()); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMain_ACommandOfAGroupHasTheProcessesOutputsAndExitCode(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "letters", "list")
	code := p.exit(t)
	if code != 1 || p.stdout.String() != "a letter from demo letters list\n" || p.stderr.text() != "" {
		t.Errorf("exit code %d, standard output %q, standard error %q", code, p.stdout.String(), p.stderr.text())
	}
}
