package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestEachWrongSettingIsNamed(t *testing.T) {
	for sentence, spoil := range map[string]func(*Environment){
		`prod: the branch is empty`:                                             func(e *Environment) { e.Branch = "" },
		`prod: the host is "notejam", want a domain`:                            func(e *Environment) { e.Host = "notejam" },
		`prod: the CIDR is "10.30.0.1/16", want a network such as 10.10.0.0/16`: func(e *Environment) { e.CIDR = "10.30.0.1/16" },
		`prod: the CIDR 10.30.0.0/24 has 24 bits, want 16 to 20`:                func(e *Environment) { e.CIDR = "10.30.0.0/24" },
		`prod: the CIDR 8.8.0.0/16 is not private (RFC 1918)`:                   func(e *Environment) { e.CIDR = "8.8.0.0/16" },
		`prod: there are 1 zones, want 2 or 3`:                                  func(e *Environment) { e.Zones = []string{"a"} },
		`prod: a zone is named twice in [a a]`:                                  func(e *Environment) { e.Zones = []string{"a", "a"} },
		`prod: NAT is "two", want single or per-az`:                             func(e *Environment) { e.NAT = "two" },
		`prod: there are no tasks of web`:                                       func(e *Environment) { delete(e.Tasks, "web") },
		`prod: web: Fargate has no task of 256 CPU and 4096 MiB`:                func(e *Environment) { e.Tasks["web"] = Tasks{CPU: 256, Memory: 4096, Min: 2, Max: 3, CPUTarget: 50} },
		`prod: web: 4 to 3 tasks, want 1 or more and no more than the most`:     func(e *Environment) { e.Tasks["web"] = Tasks{CPU: 256, Memory: 512, Min: 4, Max: 3, CPUTarget: 50} },
		`prod: web: autoscaling aims at 99 %, want 20 to 90`:                    func(e *Environment) { e.Tasks["web"] = Tasks{CPU: 256, Memory: 512, Min: 2, Max: 3, CPUTarget: 99} },
		`prod: web: MaxOpen is 5`: func(e *Environment) {
			e.Tasks["web"] = Tasks{CPU: 256, Memory: 512, Min: 2, Max: 3, CPUTarget: 50, MaxOpen: 5}
		},
		`prod: web: prod needs 2 tasks or more, not 1`:                                          func(e *Environment) { e.Tasks["web"] = Tasks{CPU: 256, Memory: 512, Min: 1, Max: 3, CPUTarget: 50} },
		`prod: the database has 4 to 2 ACU, want less than the most, which is 256`:              func(e *Environment) { e.Database.Min, e.Database.Max = 4, 2 },
		`prod: the database has 1.3 to 16 ACU, want steps of 0.5`:                               func(e *Environment) { e.Database.Min = 1.3 },
		`prod: 3 database instances in 2 zones`:                                                 func(e *Environment) { e.Database.Instances = 3 },
		`prod: backups are kept 36 days, want 1 to 35`:                                          func(e *Environment) { e.Database.BackupDays = 36 },
		`prod: backups are kept 0 days, want 1 to 35`:                                           func(e *Environment) { e.Database.BackupDays = 0 },
		`prod: prod's backups are kept 7 days, want 14 or more`:                                 func(e *Environment) { e.Database.BackupDays = 7 },
		`prod: during a rolling deployment 1462 database connections may be open, and 1000 may`: func(e *Environment) { e.Database.MaxConnections = 1000 },
		`prod: a database that may pause needs PauseAfter of 300 seconds or more, not 0`:        func(e *Environment) { e.Database.Min = 0 },
		`prod: prod's database must not pause, but its least is 0 ACU`:                          func(e *Environment) { e.Database.Min = 0 },
		`prod: logs are kept 100 days, want one of [1 3 5 7 14 30 60 90 120 150 180 365]`:       func(e *Environment) { e.Keep.Logs = 100 },
		`prod: flow logs are kept 0 days, want one of [1 3 5 7 14 30 60 90 120 150 180 365]`:    func(e *Environment) { e.Keep.Flow = 0 },
		`prod: access logs are kept 0 days, want 1 or more`:                                     func(e *Environment) { e.Keep.Access = 0 },
		`prod: insights is "on", want disabled, enabled or enhanced`:                            func(e *Environment) { e.Insights = "on" },
		`prod: the budget is 0 dollars, want more than none`:                                    func(e *Environment) { e.Budget = 0 },
		`prod: prod must be protected from deletion`:                                            func(e *Environment) { e.Protect = false },
		`prod: an off-hours schedule is "at night", want one such as cron(0 20 * * ? *)`:        func(e *Environment) { e.OffHours = &OffHours{Sleep: "at night"} },
		`prod: the off-hours have no time zone`:                                                 func(e *Environment) { e.OffHours = &OffHours{} },
		`prod: prod has no off-hours`:                                                           func(e *Environment) { e.OffHours = &OffHours{} },
		`prod: prod's tasks must not be taken away`:                                             func(e *Environment) { e.Spot = true },
		`dev and prod have the same branch`:                                                     func(e *Environment) { e.Branch = "dev" },
		`dev and prod have the same host`:                                                       func(e *Environment) { e.Host = "dev.notejam.example.com" },
		`dev and prod have overlapping addresses, 10.10.0.0/16 and 10.10.128.0/17`:              func(e *Environment) { e.CIDR = "10.10.128.0/17" },
	} {
		t.Run(sentence, func(t *testing.T) {
			s, err := settings()
			if err != nil {
				t.Fatal(err)
			}
			spoil(&s.Environments[2])
			err = Validate(s.Account, s.Environments)
			if err == nil || !strings.Contains(err.Error()+"\n", sentence+"\n") {
				t.Errorf("the faults are %v, want %s", err, sentence)
			}
		})
	}
}

func TestTheSettingsOfTheRepositoryAreRight(t *testing.T) {
	s, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	err = Validate(s.Account, s.Environments)
	if err != nil {
		t.Error(err)
	}
}

func TestWrongSettingsEndTheProgramWithAllFaultsAndWriteNothing(t *testing.T) {
	folder := t.TempDir()
	account := filepath.Join(folder, "account.json")
	content := `{"account_id": "12", "region": "here", "zone": "Example", "repository": "notejam", "alarm_email": "nobody", "mail_from": ""}`
	err := os.WriteFile(account, []byte(content), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "out")
	output, code := program(t, "-account", account, "-out", out)
	for _, fault := range []string{
		`account: account_id is "12", want 12 digits`,
		`account: region is "here", want one such as eu-central-1`,
		`account: zone is "Example", want a domain such as notejam.example.com`,
		`account: repository is "notejam", want group/project`,
		`account: alarm_email is "nobody", want a mail address`,
		`account: mail_from is "", want a mail address, with or without a name`,
		`dev: the host is "dev.Example", want a domain`,
	} {
		if !strings.Contains(output, fault) {
			t.Errorf("the output lacks %s:\n%s", fault, output)
		}
	}
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	_, err = os.Stat(out)
	if err == nil {
		t.Error("something was written")
	}
}

func TestAMisspeltSettingEndsTheProgram(t *testing.T) {
	account := filepath.Join(t.TempDir(), "account.json")
	err := os.WriteFile(account, []byte(`{"acount_id": "123456789012"}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	output, code := program(t, "-account", account)
	if code != 1 || !strings.Contains(output, `unknown field "acount_id"`) {
		t.Errorf("exit code %d: %s", code, output)
	}
}

// program runs this test's binary as the program.
func program(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(self, args...)
	command.Env = append(os.Environ(), "INFRA_TEST_MAIN=1")
	said, _ := command.CombinedOutput() // the exit code says more than the error
	return string(said), command.ProcessState.ExitCode()
}
