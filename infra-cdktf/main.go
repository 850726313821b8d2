// Command infra-cdktf writes the infrastructure of Notejam on AWS as Terraform's JSON, one root module for each stack:
// bootstrap (where state is kept), shared (what environments have in common), dev, qa and prod. `make synth` runs it;
// `cdktf deploy dev` does, too.
//
// It begins with plain descriptions: account.json, environments.go, program.go and proto/calls.json. Each other file
// makes one part of a stack of them.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/aws/jsii-runtime-go"
)

func main() {
	account := flag.String("account", "account.json", "the account's settings, a `FILE`")
	calls := flag.String("calls", "../proto/calls.json", "who calls whom, a `FILE`")
	// The cdktf command says where by the variable.
	outdir := flag.String("out", os.Getenv("CDKTF_OUTDIR"), "where the stacks are written, a `FOLDER`")
	flag.Parse()
	err := run(*account, *calls, *outdir)
	jsii.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(accountFile, callsFile, outdir string) error {
	account, err := ReadAccount(accountFile)
	if err != nil {
		return err
	}
	calls, err := ReadCalls(callsFile)
	if err != nil {
		return err
	}
	return Synthesise(Settings{Account: account, Environments: Environments(account), Calls: calls}, outdir)
}
