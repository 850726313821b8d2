package main

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// logDays are the retentions that CloudWatch Logs accepts, up to a year.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365}

// fargate is the memory, in MiB, that goes with each CPU size.
var fargate = map[int][]int{
	256:  {512, 1024, 2048},
	512:  {1024, 2048, 3072, 4096},
	1024: {2048, 3072, 4096, 5120, 6144, 7168, 8192},
	2048: {4096, 5120, 6144, 7168, 8192},
}

// cronSchedule is what Application Auto Scaling takes, roughly.
var cronSchedule = regexp.MustCompile(`^cron\(\S+( \S+){5}\)$`)

// Validate lists every fault of the settings at once.
func Validate(account Account, environments []Environment) error {
	faults := []error{account.Validate()}
	for i, env := range environments {
		faults = append(faults, env.Validate())
		for _, other := range environments[:i] {
			faults = append(faults, apart(other, env)...)
		}
	}
	return errors.Join(faults...)
}

// apart lists what two environments must not share.
func apart(a, b Environment) []error {
	var faults []error
	for what, same := range map[string]bool{"name": a.Name == b.Name, "branch": a.Branch == b.Branch, "host": a.Host == b.Host} {
		if same {
			faults = append(faults, fmt.Errorf("%s and %s have the same %s", a.Name, b.Name, what))
		}
	}
	first, errA := netip.ParsePrefix(a.CIDR)
	second, errB := netip.ParsePrefix(b.CIDR)
	if errA == nil && errB == nil && first.Overlaps(second) {
		faults = append(faults, fmt.Errorf("%s and %s have overlapping addresses, %s and %s", a.Name, b.Name, a.CIDR, b.CIDR))
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// faultsOf collects what is wrong with one environment.
type faultsOf struct {
	name   string
	faults []error
}

func (f *faultsOf) check(ok bool, format string, args ...any) {
	if !ok {
		f.faults = append(f.faults, fmt.Errorf(f.name+": "+format, args...))
	}
}

// Validate lists every fault of one environment.
func (e Environment) Validate() error {
	f := &faultsOf{name: e.Name}
	f.check(e.Name != "", "the name is empty")
	f.check(e.Branch != "", "the branch is empty")
	f.check(zoneName.MatchString(e.Host), "the host is %q, want a domain", e.Host)
	e.checkNetwork(f)
	for _, program := range Programs() {
		e.checkTasks(f, program)
	}
	e.checkDatabase(f)
	e.checkKeep(f)
	f.check(slices.Contains([]string{"disabled", "enabled", "enhanced"}, e.Insights), "insights is %q, want disabled, enabled or enhanced", e.Insights)
	f.check(e.Budget > 0, "the budget is %v dollars, want more than none", e.Budget)
	f.check(e.Database.Min > 0 || e.Database.PauseAfter >= 300, "a database that may pause needs PauseAfter of 300 seconds or more, not %d", e.Database.PauseAfter)
	if off := e.OffHours; off != nil {
		for _, schedule := range []string{off.Sleep, off.Wake, off.WakeWeb} {
			f.check(cronSchedule.MatchString(schedule), "an off-hours schedule is %q, want one such as cron(0 20 * * ? *)", schedule)
		}
		f.check(off.Timezone != "", "the off-hours have no time zone")
	}
	if e.Name == "prod" {
		e.checkProd(f)
	}
	return errors.Join(f.faults...)
}

func (e Environment) checkNetwork(f *faultsOf) {
	prefix, err := netip.ParsePrefix(e.CIDR)
	f.check(err == nil && prefix.Masked() == prefix, "the CIDR is %q, want a network such as 10.10.0.0/16", e.CIDR)
	if err == nil {
		f.check(prefix.Bits() >= 16 && prefix.Bits() <= 20, "the CIDR %s has %d bits, want 16 to 20", e.CIDR, prefix.Bits())
		f.check(prefix.Addr().IsPrivate(), "the CIDR %s is not private (RFC 1918)", e.CIDR)
	}
	letters := slices.Clone(e.Zones)
	slices.Sort(letters)
	f.check(len(e.Zones) >= 2 && len(e.Zones) <= 3, "there are %d zones, want 2 or 3", len(e.Zones))
	f.check(len(slices.Compact(letters)) == len(e.Zones), "a zone is named twice in %v", e.Zones)
	f.check(slices.Contains([]NAT{OneNAT, NATPerZone}, e.NAT), "NAT is %q, want single or per-az", e.NAT)
}

func (e Environment) checkTasks(f *faultsOf, program Program) {
	tasks, given := e.Tasks[program.Name]
	if !given {
		f.check(false, "there are no tasks of %s", program.Name)
		return
	}
	f.check(slices.Contains(fargate[tasks.CPU], tasks.Memory), "%s: Fargate has no task of %d CPU and %d MiB", program.Name, tasks.CPU, tasks.Memory)
	f.check(tasks.Min >= 1 && tasks.Min <= tasks.Max, "%s: %d to %d tasks, want 1 or more and no more than the most", program.Name, tasks.Min, tasks.Max)
	f.check(tasks.CPUTarget >= 20 && tasks.CPUTarget <= 90, "%s: autoscaling aims at %v %%, want 20 to 90", program.Name, tasks.CPUTarget)
	f.check(program.Database == (tasks.MaxOpen > 0), "%s: MaxOpen is %d", program.Name, tasks.MaxOpen)
	f.check(e.Name != "prod" || tasks.Min >= 2, "%s: prod needs 2 tasks or more, not %d", program.Name, tasks.Min)
}

func (e Environment) checkDatabase(f *faultsOf) {
	d := e.Database
	f.check(d.Min >= 0 && d.Min < d.Max && d.Max <= 256, "the database has %v to %v ACU, want less than the most, which is 256", d.Min, d.Max)
	f.check(d.Min*2 == float64(int(d.Min*2)) && d.Max*2 == float64(int(d.Max*2)), "the database has %v to %v ACU, want steps of 0.5", d.Min, d.Max)
	f.check(d.Instances >= 1 && d.Instances <= len(e.Zones), "%d database instances in %d zones", d.Instances, len(e.Zones))
	f.check(d.BackupDays >= 1 && d.BackupDays <= 35, "backups are kept %d days, want 1 to 35", d.BackupDays)
	open := e.openConnections()
	f.check(open < d.MaxConnections, "during a rolling deployment %d database connections may be open, and %d may", open, d.MaxConnections)
}

// openConnections is how many there may be while a deployment runs every task twice, and a migration besides.
func (e Environment) openConnections() int {
	open := 0
	for _, program := range Programs() {
		tasks := e.Tasks[program.Name]
		open += 2 * tasks.Max * program.connections(tasks)
		if program.Database {
			open += 2 // its migration
		}
	}
	return open
}

func (e Environment) checkKeep(f *faultsOf) {
	k := e.Keep
	for _, kept := range []struct {
		what string
		days int
	}{{"logs", k.Logs}, {"job logs", k.Jobs}, {"build logs", k.Builds}, {"event logs", k.Events}, {"flow logs", k.Flow}} {
		f.check(slices.Contains(logDays, kept.days), "%s are kept %d days, want one of %v", kept.what, kept.days, logDays)
	}
	f.check(k.Access >= 1, "access logs are kept %d days, want 1 or more", k.Access)
}

func (e Environment) checkProd(f *faultsOf) {
	f.check(e.Protect, "prod must be protected from deletion")
	f.check(e.Database.Min >= 0.5, "prod's database must not pause, but its least is %v ACU", e.Database.Min)
	f.check(e.Database.BackupDays >= 14, "prod's backups are kept %d days, want 14 or more", e.Database.BackupDays)
	f.check(e.OffHours == nil, "prod has no off-hours")
	f.check(!e.Spot, "prod's tasks must not be taken away")
}
