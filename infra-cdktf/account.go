package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Account is what all environments have in common and every operator has to say: account.json.
type Account struct {
	ID         string `json:"account_id"`
	Region     string `json:"region"`
	Zone       string `json:"zone"`       // the public zone; prod is the zone itself, dev and qa are names in it
	Repository string `json:"repository"` // path of the GitLab project, group/sub/project
	AlarmEmail string `json:"alarm_email"`
	MailFrom   string `json:"mail_from"`
}

// ReadAccount reads the file and refuses members that nobody reads, which are misspelt.
func ReadAccount(path string) (Account, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return Account{}, fmt.Errorf("read the account's settings: %w", err)
	}
	defer func() { _ = file.Close() }() // only read from
	var account Account
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&account)
	if err != nil {
		return Account{}, fmt.Errorf("read the account's settings in %s: %w", path, err)
	}
	return account, nil
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	zoneName   = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)
	repository = regexp.MustCompile(`^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$`)
)

// Validate lists every fault at once.
func (a Account) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("account: "+format, args...))
		}
	}
	check(accountID.MatchString(a.ID), "account_id is %q, want 12 digits", a.ID)
	check(regionName.MatchString(a.Region), "region is %q, want one such as eu-central-1", a.Region)
	check(zoneName.MatchString(a.Zone), "zone is %q, want a domain such as notejam.example.com", a.Zone)
	check(repository.MatchString(a.Repository), "repository is %q, want group/project", a.Repository)
	_, err := mail.ParseAddress(a.AlarmEmail)
	check(err == nil, "alarm_email is %q, want a mail address", a.AlarmEmail)
	_, err = mail.ParseAddress(a.MailFrom)
	check(err == nil, "mail_from is %q, want a mail address, with or without a name", a.MailFrom)
	return errors.Join(faults...)
}

// arn is the ARN of something in the account's region.
func (a Account) arn(service, resource string) string {
	return strings.Join([]string{"arn:aws", service, a.Region, a.ID, resource}, ":")
}

// iam is the ARN of a role or policy, which has no region.
func (a Account) iam(resource string) string { return "arn:aws:iam::" + a.ID + ":" + resource }

// stateBucket keeps the state of all stacks but bootstrap's own first run.
func (a Account) stateBucket() string { return "notejam-state-" + a.ID + "-" + a.Region }

// image is the repository that a service's images are in.
func (a Account) image(service string) string {
	return a.ID + ".dkr.ecr." + a.Region + ".amazonaws.com/notejam/" + service
}

// zones are the names of availability zones by their letters.
func (a Account) zones(letters []string) []string {
	names := make([]string, len(letters))
	for i, letter := range letters {
		names[i] = a.Region + letter
	}
	return slices.Clip(names)
}
