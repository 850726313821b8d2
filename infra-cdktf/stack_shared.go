package main

import "github.com/hashicorp/terraform-cdk-go/cdktf"

func shared(app cdktf.App, account Account) {
	_ = newStack(app, "shared", account)
}
