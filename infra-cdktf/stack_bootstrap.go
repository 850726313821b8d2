package main

import "github.com/hashicorp/terraform-cdk-go/cdktf"

func bootstrap(app cdktf.App, account Account) {
	_ = newStack(app, "bootstrap", account)
}
