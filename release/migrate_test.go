package release_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/release"
	"gitlab.com/notejam/notejam/release/ecstest"
)

func migrate(t *testing.T, exits map[string]int, limit time.Duration) ([]string, error) {
	server := ecstest.New(t)
	server.Exits = exits
	for i := range 100 {
		stream := "/notejam/dev/migrate migrate-auth/auth/notejam-dev-migrate-auth"
		server.Lines = map[string][]string{stream: append(server.Lines[stream], fmt.Sprintf("line %d", i))}
	}
	images := release.Images{"setup": {Image: now}, "auth": {Image: now}, "notes": {Image: now}, "audit": {Image: now}}
	for family, program := range map[string]string{"dbinit": "setup", "migrate-auth": "auth", "migrate-notes": "notes", "migrate-audit": "audit"} {
		server.Define("notejam-dev-"+family, program, before, map[string]any{"containerDefinitions": []any{map[string]any{
			"name": program, "image": before, "logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{
				"awslogs-group": "/notejam/dev/migrate", "awslogs-stream-prefix": family,
			}},
		}}})
	}
	cluster := release.Cluster{ECS: server.Client(), Logs: server.Logs(), Name: "notejam-dev", Limit: limit, Poll: time.Millisecond, Log: &bytes.Buffer{}}
	err := cluster.Migrate(t.Context(), images, release.Place{Subnets: []string{"subnet-1"}, Group: "sg-1"})
	return server.Calls(), err
}

func TestUsersAreMadeFirstAndThenEachSchemaIsMigratedFromItsNewImage(t *testing.T) {
	calls, err := migrate(t, nil, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"register notejam-dev-dbinit:2", "run notejam-dev-dbinit:2",
		"register notejam-dev-migrate-auth:2", "run notejam-dev-migrate-auth:2",
		"register notejam-dev-migrate-notes:2", "run notejam-dev-migrate-notes:2",
		"register notejam-dev-migrate-audit:2", "run notejam-dev-migrate-audit:2",
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
}

func TestAMigrationThatEndsWithAnotherCodeThan0FailsAndNoneFollows(t *testing.T) {
	calls, err := migrate(t, map[string]int{"notejam-dev-migrate-auth": 1}, 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "migrate-auth: the task failed") || !strings.Contains(err.Error(), "ended with 1") {
		t.Errorf("it says %v", err)
	}
	if len(calls) != 4 {
		t.Errorf("the calls are %q", calls)
	}
	if !strings.HasSuffix(err.Error(), "\n  line 98\n  line 99") || strings.Count(err.Error(), "line") != 20 {
		t.Errorf("of its log it says %v", err)
	}
}

func TestAMigrationWhoseLogCannotBeReadFailsAsOthersDo(t *testing.T) {
	_, err := migrate(t, map[string]int{"notejam-dev-migrate-notes": 3}, 10*time.Second)
	if err == nil || !strings.HasSuffix(err.Error(), "ended with 3") {
		t.Errorf("it says %v", err)
	}
}

func TestAMigrationThatDoesNotStartSaysWhy(t *testing.T) {
	_, err := migrate(t, map[string]int{"notejam-dev-dbinit": -2}, 10*time.Second)
	if err == nil || !strings.Contains(err.Error(), "Capacity is unavailable") {
		t.Errorf("it says %v", err)
	}
}

func TestAMigrationThatDoesNotEndInTimeFails(t *testing.T) {
	_, err := migrate(t, map[string]int{"notejam-dev-dbinit": -1}, 50*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "did not end within 50ms") {
		t.Errorf("it says %v", err)
	}
}
