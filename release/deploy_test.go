package release_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/release"
	"gitlab.com/notejam/notejam/release/ecstest"
)

const (
	before = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/notejam/x@sha256:00"
	now    = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/notejam/x@sha256:11"
)

type deployment = ecstest.Deployment

var (
	rolling = deployment{Revision: ecstest.NewRevision, Status: "PRIMARY", Rollout: "IN_PROGRESS"}
	done    = deployment{Revision: ecstest.NewRevision, Status: "PRIMARY", Rollout: "COMPLETED", Running: 2}
	all     = release.Images{"auth": {Image: now}, "notes": {Image: now}, "audit": {Image: now}, "web": {Image: now}}
	least   = map[string]int32{"auth": 1, "notes": 2, "audit": 1, "web": 2}
)

// running is a server with services that run what was before, and their revision by name.
func running(t *testing.T, services ...string) (*ecstest.Server, map[string]deployment) {
	server := ecstest.New(t)
	olds := map[string]deployment{}
	for _, name := range services {
		arn := server.Define("notejam-dev-"+name, name, before, nil)
		olds[name] = deployment{Revision: arn, Status: "PRIMARY", Rollout: "COMPLETED", Running: 2}
		server.Services[name] = &ecstest.Service{
			Desired: 2, Running: arn, Deployments: []deployment{olds[name]}, Steps: [][]deployment{{rolling, olds[name]}, {done}},
		}
	}
	return server, olds
}

func deploy(t *testing.T, server *ecstest.Server, limit time.Duration, services ...string) (string, error) {
	var log bytes.Buffer
	cluster := release.Cluster{ECS: server.Client(), Name: "notejam-dev", Limit: limit, Poll: time.Millisecond, Log: &log}
	err := cluster.Deploy(t.Context(), services, all, least)
	return log.String(), err
}

func TestAServiceGetsItsImageAsANewRevisionAndIsLiveWhenThatIsRolledOut(t *testing.T) {
	server, _ := running(t, "notes")
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"register notejam-dev-notes:2", "update notes to notejam-dev-notes:2"}
	if diff := cmp.Diff(want, server.Calls()); diff != "" {
		t.Error(diff)
	}
	container := server.Definition("notejam-dev-notes")["containerDefinitions"].([]any)[0].(map[string]any)
	if container["image"] != now {
		t.Errorf("its image is %v", container["image"])
	}
}

func TestANewRevisionKeepsAllThatTheNewestOneHas(t *testing.T) {
	server, _ := running(t, "notes")
	server.Define("notejam-dev-notes", "notes", "bootstrap", map[string]any{
		"cpu": "1024", "taskRoleArn": "arn:role", "runtimePlatform": map[string]any{"cpuArchitecture": "ARM64"},
	})
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	got := server.Definition("notejam-dev-notes")
	platform := got["runtimePlatform"].(map[string]any)
	if got["cpu"] != "1024" || got["taskRoleArn"] != "arn:role" || platform["cpuArchitecture"] != "ARM64" || got["networkMode"] != "awsvpc" {
		t.Errorf("the revision is %v", got)
	}
}

func TestAServiceThatECSTookBackFailsThoughItIsStable(t *testing.T) {
	server, olds := running(t, "notes")
	server.Services["notes"].Steps = [][]deployment{{rolling, olds["notes"]}, {olds["notes"]}}
	server.Services["notes"].Events = []string{"rolling back to notejam-dev-notes:1"}
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err == nil || !strings.Contains(err.Error(), "took the new revision back") || !strings.Contains(err.Error(), "rolling back to") {
		t.Errorf("it says %v", err)
	}
}

func TestAServiceThatIsBeingTakenBackFailsAtOnce(t *testing.T) {
	server, olds := running(t, "notes")
	leaving := rolling
	leaving.Status = "ACTIVE"
	server.Services["notes"].Steps = [][]deployment{{olds["notes"], leaving}}
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err == nil || !strings.Contains(err.Error(), "took the new revision back") {
		t.Errorf("it says %v", err)
	}
}

func TestAnAnswerFromBeforeTheUpdateIsNoRollback(t *testing.T) {
	server, olds := running(t, "notes")
	server.Services["notes"].Steps = [][]deployment{{olds["notes"]}, {rolling, olds["notes"]}, {done}}
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Error(err)
	}
}

func TestARolloutThatFailedSaysWhy(t *testing.T) {
	server, _ := running(t, "notes")
	failed := rolling
	failed.Rollout = "FAILED"
	server.Services["notes"].Steps = [][]deployment{{failed}}
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err == nil || !strings.Contains(err.Error(), "because of the test") {
		t.Errorf("it says %v", err)
	}
}

func TestARevisionWithoutTasksIsNotLive(t *testing.T) {
	server, _ := running(t, "notes")
	empty := done
	empty.Running = 0
	server.Services["notes"].Steps = [][]deployment{{empty}}
	_, err := deploy(t, server, 50*time.Millisecond, "notes")
	if err == nil || !strings.Contains(err.Error(), "was not live within 50ms") {
		t.Errorf("it says %v", err)
	}
}

func TestAServiceThatIsNotLiveInTimeFails(t *testing.T) {
	server, _ := running(t, "notes")
	server.Services["notes"].Steps = [][]deployment{{rolling}}
	_, err := deploy(t, server, 50*time.Millisecond, "notes")
	if err == nil || !strings.Contains(err.Error(), "was not live within 50ms") {
		t.Errorf("it says %v", err)
	}
}

func TestAServiceOfWhichNothingChangedIsLeftAlone(t *testing.T) {
	server, _ := running(t, "notes")
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	once := server.Calls()
	log, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil || !strings.Contains(log, "nothing changed") {
		t.Errorf("it says %q, %v", log, err)
	}
	if diff := cmp.Diff(once, server.Calls()); diff != "" {
		t.Error(diff)
	}
}

func TestAServiceWhoseTemplateChangedIsDeployedWithTheSameImage(t *testing.T) {
	server, _ := running(t, "notes")
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	server.Define("notejam-dev-notes", "notes", "bootstrap", map[string]any{"cpu": "512"})
	_, err = deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Definition("notejam-dev-notes"); got["revision"] != 4 || got["cpu"] != "512" {
		t.Errorf("the newest revision is %v", got)
	}
}

func TestTheFirstDeployStartsAsManyTasksAsTheEnvironmentHasAtLeast(t *testing.T) {
	server, _ := running(t, "notes")
	server.Services["notes"].Desired = 0
	_, err := deploy(t, server, 10*time.Second, "notes")
	if err != nil {
		t.Fatal(err)
	}
	if got := server.Calls()[1]; got != "update notes to notejam-dev-notes:2 with 2 tasks" {
		t.Errorf("the call is %q", got)
	}
}

func TestWebIsDeployedAfterThoseThatItCalls(t *testing.T) {
	server, _ := running(t, "web", "auth", "notes", "audit")
	_, err := deploy(t, server, 10*time.Second, "web", "auth", "notes", "audit")
	if err != nil {
		t.Fatal(err)
	}
	calls := server.Calls()
	if len(calls) != 8 || calls[6] != "register notejam-dev-web:2" {
		t.Errorf("the calls are %q", calls)
	}
}

func TestWebIsNotDeployedIfOneThatItCallsFailed(t *testing.T) {
	server, olds := running(t, "web", "auth", "notes")
	server.Services["auth"].Steps = [][]deployment{{rolling}, {olds["auth"]}}
	_, err := deploy(t, server, 10*time.Second, "auth", "notes", "web")
	if err == nil || strings.Contains(strings.Join(server.Calls(), "\n"), "web") {
		t.Errorf("it says %v after %q", err, server.Calls())
	}
}

func TestAServiceWithoutAnImageOrANumberOfTasksChangesNothing(t *testing.T) {
	server, _ := running(t, "notes")
	cluster := release.Cluster{ECS: server.Client(), Name: "notejam-dev", Limit: 10 * time.Second, Poll: time.Millisecond, Log: &bytes.Buffer{}}
	for _, err := range []error{
		cluster.Deploy(t.Context(), []string{"notes"}, release.Images{}, least),
		cluster.Deploy(t.Context(), []string{"notes"}, all, nil),
	} {
		if err == nil || len(server.Calls()) > 0 {
			t.Errorf("it says %v after %q", err, server.Calls())
		}
	}
}
