//go:build apply

// Package apply_test applies the stacks as they were written to a stand-in of AWS, plans again, and destroys them.
// `make infra-apply` is its only caller.
package apply_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// life is one life of an account, with the explanations that it used.
type life struct {
	aws  *standIn
	mu   sync.Mutex
	same map[explained]bool
	gone map[stays]bool
}

// TestStacksCanBeAppliedAndDestroyed makes what environments share, then the environments beside each other, and lets all
// of it go again.
func TestStacksCanBeAppliedAndDestroyed(t *testing.T) {
	names := strings.Fields(setting(t, "NOTEJAM_APPLY"))
	l := &life{aws: startStandIn(t), same: map[explained]bool{}, gone: map[stays]bool{}}
	shared := newRoot(t, l.aws, "shared")
	shared.apply(t)
	ok := t.Run("beside each other", func(t *testing.T) {
		t.Run("shared", func(t *testing.T) {
			t.Parallel()
			l.wantSame(t, shared)
			noticesAChangeByHand(t, shared)
		})
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				env := newRoot(t, l.aws, name)
				env.apply(t)
				l.wantSame(t, env)
				l.wantGone(t, env, env.destroy(t))
			})
		}
	})
	if !ok {
		t.FailNow()
	}
	noticesWhatIsLeft(t, shared)
	l.wantNeeded(t, names)
}

// apply makes a stack.
func (r *root) apply(t *testing.T) {
	t.Helper()
	r.must(t, "apply", "-auto-approve", "-input=false")
	t.Logf("%s: %d resources", r.Name, len(r.resources(t)))
}

// wantSame plans a second time.
func (l *life) wantSame(t *testing.T, r *root) {
	t.Helper()
	plan := r.plan(t)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fault := range unexplained(plan, l.same) {
		t.Error(fault)
	}
}

// protection is what keeps people from destroying. docs/infra.md says where they take it away.
var protection = strings.NewReplacer(
	`"prevent_destroy": true`, `"prevent_destroy": false`,
	`deletion_protection": true`, `deletion_protection": false`,
	`"skip_final_snapshot": false`, `"skip_final_snapshot": true`,
)

// destroy lets a stack go, and gives its state from before. What is protected must refuse first.
func (r *root) destroy(t *testing.T) []byte {
	t.Helper()
	if r.Name != "dev" {
		_, err := r.run(t.Context(), "destroy", "-auto-approve", "-input=false")
		if err == nil || !strings.Contains(err.Error(), "Instance cannot be destroyed") {
			t.Fatalf("%s is not protected: %v", r.Name, err)
		}
		r.edit(t, protection.Replace)
	}
	if r.Name == "prod" { // where AWS itself protects these, too
		r.must(t, "apply", "-auto-approve", "-input=false", "-target=aws_lb.alb", "-target=aws_rds_cluster.database")
	}
	was, err := os.ReadFile(r.state())
	if err != nil {
		t.Fatal(err)
	}
	r.must(t, "destroy", "-auto-approve", "-input=false")
	return was
}

// wantGone looks for what is left.
func (l *life) wantGone(t *testing.T, r *root, was []byte) {
	t.Helper()
	used := map[stays]bool{}
	for _, fault := range r.left(t, was, used) {
		t.Errorf("%s: %s", r.Name, fault)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range used {
		l.gone[s] = true
	}
}

// noticesAChangeByHand sees a second plan fail, and an apply make it good.
func noticesAChangeByHand(t *testing.T, shared *root) {
	t.Helper()
	shared.aws.must(t, "ecr", "AmazonEC2ContainerRegistry_V20150921.DeleteLifecyclePolicy", object{"repositoryName": "notejam/web"})
	faults := unexplained(shared.plan(t), map[explained]bool{})
	if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(f, "aws_ecr_lifecycle_policy.images-web-kept: ") }) {
		t.Errorf("the planted change is not among %q", faults)
	}
	shared.apply(t)
}

// noticesWhatIsLeft lets shared go, but for a repository that Terraform is made to forget.
func noticesWhatIsLeft(t *testing.T, shared *root) {
	t.Helper()
	before, err := os.ReadFile(shared.state())
	if err != nil {
		t.Fatal(err)
	}
	shared.must(t, "state", "rm", "aws_ecr_repository.images-web", "aws_ecr_lifecycle_policy.images-web-kept")
	shared.destroy(t)
	faults := strings.Join(shared.left(t, before, map[stays]bool{}), "\n")
	// moto lists its tags, too, at some times and not at others.
	faults = strings.TrimSuffix(faults, "\nAWS has arn:aws:ecr:us-east-1:123456789012:repository/notejam/web")
	if faults != "AWS has aws_ecr_lifecycle_policy.images-web-kept\nAWS has aws_ecr_repository.images-web" {
		t.Errorf("the planted repository is not all that is left:\n%s", faults)
	}
}

// wantNeeded fails for each gap and explanation that is no longer needed.
func (l *life) wantNeeded(t *testing.T, names []string) {
	t.Helper()
	for _, g := range l.aws.gaps {
		if !l.aws.needed[g.Says] && (g.Only == "" || slices.Contains(names, g.Only)) {
			t.Errorf("moto has no such gap any more: %s", g.Says)
		}
	}
	for _, e := range differences {
		if !l.same[e] && (e.Only == "" || slices.Contains(names, e.Only)) {
			t.Errorf("no plan has this difference any more: %s.%s", e.Type, e.Attribute)
		}
	}
	for _, s := range staying {
		if !l.gone[s] && (s.Only == "" || slices.Contains(names, s.Only)) {
			t.Errorf("nothing like this is left any more: %s", s.Part)
		}
	}
}
