package operator

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// AccountFile is what infra-cdktf is told of the account.
const AccountFile = "infra-cdktf/account.json"

// Account is what an operator's commands must know of it; infra-cdktf knows the rest, and checks it.
type Account struct {
	ID     string `json:"account_id"`
	Region string `json:"region"`
	Zone   string `json:"zone"`
}

// ReadAccount reads the file.
func ReadAccount(path string) (Account, error) {
	text, err := os.ReadFile(path) //nolint:gosec // main names the file
	if err != nil {
		return Account{}, fmt.Errorf("read the account's settings: %w", err)
	}
	var account Account
	err = json.Unmarshal(text, &account)
	if err != nil {
		return Account{}, fmt.Errorf("read the account's settings in %s: %w", path, err)
	}
	return account, nil
}

// stateBucket is where the state of all stacks is.
func (a Account) stateBucket() string { return "notejam-state-" + a.ID + "-" + a.Region }

// Environments are the stacks that have parameters; Stacks are all that an operator applies by name. `make bootstrap`
// applies the one that is not among them.
var (
	Environments = []string{"dev", "qa", "prod"}
	Stacks       = []string{"shared", "dev", "qa", "prod"}
)

// Known refuses what is not among the stacks, in a sentence for who typed it.
func Known(stack string, among []string) error {
	list := strings.Join(among, ", ")
	switch {
	case stack == "":
		return fmt.Errorf("ENV is not set; say which: ENV= one of %s", list)
	case !slices.Contains(among, stack):
		return fmt.Errorf("there is no %q; ENV is one of %s", stack, list)
	}
	return nil
}
