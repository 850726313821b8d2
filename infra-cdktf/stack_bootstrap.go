package main

import "github.com/hashicorp/terraform-cdk-go/cdktf"

// bootstrap is the stack that is applied first, once, with its state on the operator's disk until the bucket is there:
// where the state of all stacks is kept.
func bootstrap(app cdktf.App, account Account) {
	s := newStack(app, "bootstrap", account)
	s.Env = Environment{Name: "state", Protect: true}
	key := s.key("state", "what Terraform knows", s.ownedByAccount())
	name := s.bucket(bucket{ID: "state", Name: account.stateBucket(), Key: key, Lifecycle: s.guarded()})
	s.output("bucket", "where the state of all stacks is", name)
}
