//go:build apply

package apply_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// stays is something that is still there after everything was destroyed, and why.
type stays struct {
	Part string // of its ARN or address
	Why  string
	Only string // the only environment that has it, if not all have
}

// staying are all that may be there. AWS shows the first four after they are deleted, too.
var staying = []stays{
	{Part: ":natgateway/", Why: "a gateway is shown as deleted for an hour"},
	{Part: ":service/notejam-", Why: "a service is shown as inactive for a while"},
	{Part: ":cluster/notejam-", Why: "so is a cluster"},
	{Part: ":key/", Why: "a key goes 30 days later"},
	{Part: "aws_ecs_task_definition.", Why: "task definitions stay on purpose: running tasks may need one (skip_destroy)"},
	{Part: ":task-definition/", Why: "the same, by their ARN"},
	{Part: ":cluster-snapshot:rds:", Why: "moto keeps the copy that RDS made by itself; AWS deletes it with the database"},
	{Part: "aws_backup_plan.", Why: "moto goes on showing a plan, with the time of its deletion", Only: "prod"},
}

// slow are kinds that the provider asks for again and again for minutes before it believes that they are gone. They go with
// the queue and the cluster that they are part of.
var slow = []string{"aws_ecs_service.", "aws_sqs_queue_policy.", "aws_sqs_queue_redrive_allow_policy."}

// left asks for everything that was there by a state from before it was destroyed, and for what has the environment's tag. It
// gives what should have gone, and notes those explanations that were used.
func (r *root) left(t *testing.T, was []byte, used map[stays]bool) []string {
	t.Helper()
	found := r.resources(t)
	for i, address := range found {
		found[i] = "Terraform's state has " + address
	}
	err := os.WriteFile(r.state(), was, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	parts := slices.DeleteFunc(r.resources(t), func(address string) bool {
		return !slices.ContainsFunc(slow, func(kind string) bool { return strings.HasPrefix(address, kind) })
	})
	if len(parts) > 0 {
		r.must(t, append([]string{"state", "rm"}, parts...)...)
	}
	r.must(t, "refresh", "-input=false")
	for _, name := range append(r.resources(t), r.aws.tagged(t, r.Name)...) {
		why := ""
		for _, s := range staying {
			if strings.Contains(name, s.Part) {
				why = s.Why
				used[s] = true
			}
		}
		if why == "" {
			found = append(found, "AWS has "+name)
		}
	}
	return found
}

// tagged are the ARNs of what has the tags of a stack, whoever made it.
func (s *standIn) tagged(t *testing.T, stack string) []string {
	t.Helper()
	var arns []string
	page := ""
	for {
		answer := s.must(t, "tagging", "ResourceGroupsTaggingAPI_20170126.GetResources", object{
			"TagFilters": []object{{"Key": "Environment", "Values": []string{stack}}}, "PaginationToken": page,
		})
		var found struct {
			PaginationToken        string
			ResourceTagMappingList []struct{ ResourceARN string }
		}
		err := json.Unmarshal(answer, &found)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found.ResourceTagMappingList {
			arns = append(arns, one.ResourceARN)
		}
		page = found.PaginationToken
		if page == "" {
			return arns
		}
	}
}

// must calls a service of the JSON protocol as the provider does; moto looks at no signature.
func (s *standIn) must(t *testing.T, service, target string, body object) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Proxy, strings.NewReader(string(good(body).Body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	answer, err := do(request)
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("%s: %d %s %v", target, answer.Status, answer.Body, err)
	}
	return answer.Body
}
