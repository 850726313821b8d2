package local

import (
	"bytes"
	"log/slog"
	"os/exec"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/service"
	"gitlab.com/notejam/notejam/platform/service/servicetest"
)

func TestAnOperatorsCommandsRunWithTheSettingsThatAreKept(t *testing.T) {
	s, err := Start(t.Context(), Options{Data: t.TempDir(), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		err := s.Close(t.Context())
		if err != nil {
			t.Error(err)
		}
	}()
	for _, program := range programs() {
		settings := sourced(t, s.folder.path("env", program.Name))
		for name, want := range s.Settings(program.Name) {
			if settings[name] != want {
				t.Errorf("to the shell %s is %q, want %q", name, settings[name], want)
			}
		}
		check(t, program, settings)
	}
	wantNoRightToDelete(t, s.Settings("audit"))
}

// wantNoRightToDelete fails if who has audit's settings can take events away.
func wantNoRightToDelete(t *testing.T, settings map[string]string) {
	t.Helper()
	set := env.New(env.Map(settings))
	db, err := mysql.Open(mysql.Settings(set, "AUDIT", 1), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecAutocommit(t.Context(), "DELETE FROM events")
	if err == nil {
		t.Error("audit can delete events")
	}
}

// check types every command that only looks.
func check(t *testing.T, program service.Program, settings map[string]string) {
	t.Helper()
	for _, line := range map[string][]string{
		"auth":  {"outbox status", "config --check"},
		"notes": {"outbox status", "config --check"},
		"audit": {"dlq list", "dlq redrive --dry-run", "quarantine list", "quarantine replay --all --dry-run", "config --check"},
		"web":   {"config --check"},
	}[program.Name] {
		result := servicetest.Run(t, program, settings, strings.Fields(line)...)
		if result.Code != 0 {
			t.Errorf("%s %s: %+v", program.Name, line, result)
		}
	}
}

// sourced gives the variables that a shell has after it has read the file.
func sourced(t *testing.T, file string) map[string]string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "sh", "-c", `. "$0" && env -0`, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for variable := range bytes.SplitSeq(output, []byte{0}) {
		name, value, _ := strings.Cut(string(variable), "=")
		variables[name] = value
	}
	return variables
}

func TestAWordForTheShellIsReadAsItIs(t *testing.T) {
	want := "it's <\"$HOME\"> `x` \\ \n*"
	output, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+quoted(want)).Output()
	if err != nil || string(output) != want {
		t.Errorf("error %v, got %q, want %q", err, output, want)
	}
}
