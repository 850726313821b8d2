//go:build apply

package apply_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// gap is something that moto lacks or gets wrong. One that no answer of moto shows any more fails the test.
type gap struct {
	Says    string
	Service string
	Calls   map[string]mend // by action, with * for a part of a path
	Only    string          // the only environment that has what it is about, if not all have
}

// mend gives another answer, if moto's own shows the gap. It may ask moto something else.
type mend func(c call, moto reply, ask func(call) (reply, error)) (reply, bool)

func gaps() []gap {
	return []gap{
		{
			Says: "CodeBuild wants a place also for a source that the pipeline hands over, and knows no GitLab", Service: "codebuild",
			Calls: map[string]mend{"CreateProject": placed, "UpdateProject": placed, "BatchGetProjects": unplaced},
		},
		{
			Says: "CodeBuild does not find a project by its ARN when it is to be deleted", Service: "codebuild",
			Calls: map[string]mend{"DeleteProject": deletedByName},
		},
		{
			Says: "CodePipeline says times as text, not as numbers", Service: "codepipeline",
			Calls: map[string]mend{"GetPipeline": timed},
		},
		queueAttributes(),
		budgetSubscribers(),
		scalingTags(),
		compositeAlarms(),
		backupSelections(),
		shelf{
			Service: "codeconnections", Kind: "Connection", ID: "ConnectionArn", Begins: "arn:aws:codeconnections:us-east-1:123456789012:connection/",
			Missing: "ResourceNotFoundException", Starts: object{"ConnectionStatus": "PENDING", "OwnerAccountId": "123456789012"},
		}.gap(),
		shelf{Service: "ce", Kind: "AnomalyMonitor", ID: "MonitorArn", Begins: "arn:aws:ce::123456789012:anomalymonitor/", Missing: "UnknownMonitorException"}.gap(),
		// The provider does not take its exception for the end of a subscription, only an empty list.
		shelf{Service: "ce", Kind: "AnomalySubscription", ID: "SubscriptionArn", Begins: "arn:aws:ce::123456789012:anomalysubscription/"}.gap(),
	}
}

// of is what mends a call, nil if nothing has to.
func (g gap) of(c call) mend {
	if g.Service != c.Service {
		return nil
	}
	for pattern, mend := range g.Calls {
		matches, err := path.Match(pattern, c.Action)
		if err == nil && matches {
			return mend
		}
	}
	return nil
}

type object = map[string]any

func read(body []byte) object {
	o := object{}
	_ = json.Unmarshal(body, &o) // what is not JSON has no members
	return o
}

func good(v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made of maps and strings
	}
	return reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: body}
}

func notImplemented(moto reply) bool {
	return moto.Status >= http.StatusInternalServerError || moto.Status == http.StatusNotFound
}

// somewhere is a place in moto's store only.
const somewhere = "notejam:handed-over"

// Where the source is on GitLab, moto takes the other kind that is somebody's own server.
const gitLab, takenForIt = "GITLAB", "GITHUB_ENTERPRISE"

func placed(c call, moto reply, ask func(call) (reply, error)) (reply, bool) {
	project := read(c.Body)
	source, _ := project["source"].(object)
	if moto.Status >= http.StatusBadRequest && source["type"] == gitLab {
		source["type"] = takenForIt
		c.Body = good(project).Body
		again, err := ask(c)
		return without(again), err == nil
	}
	if !strings.Contains(string(moto.Body), "Project source location is required") {
		return moto, false
	}
	for _, part := range []string{"source", "artifacts"} {
		project[part].(object)["location"] = somewhere
	}
	c.Body = good(project).Body
	again, err := ask(c)
	return without(again), err == nil
}

func unplaced(_ call, moto reply, _ func(call) (reply, error)) (reply, bool) {
	body := string(moto.Body)
	return without(moto), strings.Contains(body, somewhere) || strings.Contains(body, takenForIt)
}

var location = regexp.MustCompile(`"location": ?"` + somewhere + `",? ?|, ?"location": ?"` + somewhere + `"`)

func without(r reply) reply {
	r.Body = bytes.ReplaceAll(location.ReplaceAll(r.Body, nil), []byte(takenForIt), []byte(gitLab))
	return r
}

var textualTime = regexp.MustCompile(`"(created|updated)": ?"[^"]*"`)

func timed(_ call, moto reply, _ func(call) (reply, error)) (reply, bool) {
	mended := moto
	mended.Body = textualTime.ReplaceAll(moto.Body, []byte(`"$1": 1767225600`))
	return mended, textualTime.Match(moto.Body)
}

// deletedByName deletes what moto still has although it says that it deleted it.
func deletedByName(c call, moto reply, ask func(call) (reply, error)) (reply, bool) {
	arn, _ := read(c.Body)["name"].(string)
	_, name, isARN := strings.Cut(arn, ":project/")
	c.Body = good(object{"name": name}).Body
	still, err := ask(c.as("CodeBuild_20161006.BatchGetProjects", object{"names": []string{name}}))
	if !isARN || err != nil || !strings.Contains(string(still.Body), arn) {
		return moto, false
	}
	moto, err = ask(c)
	return moto, err == nil
}

// as is another call to the same service.
func (c call) as(target string, body object) call {
	request := c.request.Clone(c.request.Context())
	request.Header.Set("X-Amz-Target", target)
	return call{Service: c.Service, Action: target, Body: good(body).Body, request: request}
}
