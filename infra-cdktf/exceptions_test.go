package main

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// finding is what a scanner that nobody here wrote says about something of ours: scan_test.go lets them look.
type finding struct {
	Check string // CKV_AWS_18 is checkov's, AWS-0089 trivy's
	Where string // dev/aws_lb.alb; for what is not in a stack, its file
	Says  string // in the scanner's words
}

// exception is what scanners demand and we do not do. exceptions_list_test.go has all there are: what scanners find
// besides fails `make infra-scan`, and so does an exception that they no longer ask for. docs/security-exceptions.md
// is written from it.
type exception struct {
	Title   string
	Demands []demand
	Because string // why it is not done
	Instead string // what guards us all the same
}

// demand is one check of a scanner, and where it may fail. A star stands for any part of a name: */aws_lb.alb.
type demand struct {
	Check string
	Where []string
}

// unargued is what scanners find without an exception, and each exception that nothing needs.
func unargued(findings []finding, exceptions []exception) (f faults) {
	type place struct{ check, where string }
	needed := map[place]int{}
	for _, found := range findings {
		covered := 0
		for _, e := range exceptions {
			for _, d := range e.Demands {
				for _, where := range d.Where {
					matches, err := path.Match(where, found.Where)
					f.check(err == nil, "%s: %q is no pattern: %v", d.Check, where, err)
					if matches && d.Check == found.Check {
						covered++
						needed[place{d.Check, where}]++
					}
				}
			}
		}
		f.check(covered > 0, "%s has no exception for %s: %s", found.Check, found.Where, found.Says)
		f.check(covered < 2, "%s has %d exceptions for %s", found.Check, covered, found.Where)
	}
	for _, e := range exceptions {
		for _, d := range e.Demands {
			for _, where := range d.Where {
				f.check(needed[place{d.Check, where}] > 0, "%s is an exception for %s, and no scanner asks for it (%s)", d.Check, where, e.Title)
			}
		}
	}
	return f
}

func TestWhatScannersFindAndWhatIsExceptedAreHeldToBeTheSame(t *testing.T) {
	list := []exception{{Title: "no logs", Demands: []demand{
		{"CKV_1", []string{"dev/aws_lb.alb", "*/aws_s3_bucket.logs"}},
		{"AWS-1", []string{"dev/aws_lb.alb"}},
	}}}
	fine := []finding{
		{"CKV_1", "dev/aws_lb.alb", ""}, {"CKV_1", "qa/aws_s3_bucket.logs", ""}, {"CKV_1", "prod/aws_s3_bucket.logs", ""}, {"AWS-1", "dev/aws_lb.alb", ""},
	}
	if f := unargued(fine, list); len(f) > 0 {
		t.Errorf("what is excepted fails: %q", f)
	}
	for _, planted := range []struct {
		says     string
		findings []finding
		list     []exception
		want     string
	}{
		{"another place", append(fine, finding{"CKV_1", "prod/aws_lb.alb", "Log!"}), list, "CKV_1 has no exception for prod/aws_lb.alb: Log!"},
		{"another check", append(fine, finding{"CKV_2", "dev/aws_lb.alb", "Log!"}), list, "CKV_2 has no exception for dev/aws_lb.alb: Log!"},
		{"a place that is mended", fine[1:], list, "CKV_1 is an exception for dev/aws_lb.alb, and no scanner asks for it (no logs)"},
		{"a check that is gone", fine[:3], list, "AWS-1 is an exception for dev/aws_lb.alb, and no scanner asks for it (no logs)"},
		{"the same twice", fine, append(list, exception{Demands: []demand{{"AWS-1", []string{"*/aws_lb.alb"}}}}), "AWS-1 has 2 exceptions for dev/aws_lb.alb"},
	} {
		f := unargued(planted.findings, planted.list)
		if !slices.Equal(f, faults{planted.want}) {
			t.Errorf("%s: want %q, got %q", planted.says, planted.want, f)
		}
	}
}

func TestEachExceptionIsArgued(t *testing.T) {
	for _, e := range exceptions() {
		if e.Title == "" || e.Because == "" || e.Instead == "" || len(e.Demands) == 0 {
			t.Errorf("something is missing of %+v", e)
		}
		if !slices.IsSortedFunc(e.Demands, func(a, b demand) int { return cmp.Compare(a.Check, b.Check) }) {
			t.Errorf("%s: the checks are not sorted", e.Title)
		}
	}
}

const exceptionsFile = "../docs/security-exceptions.md"

// exceptionsTable is the list as people read it.
func exceptionsTable(list []exception) string {
	var text strings.Builder
	for _, e := range list {
		fmt.Fprintf(&text, "### %s\n\n%s\n\n**Instead:** %s\n\n| check | where |\n| --- | --- |\n", e.Title, e.Because, e.Instead)
		for _, d := range e.Demands {
			fmt.Fprintf(&text, "| %s | `%s` |\n", d.Check, strings.Join(d.Where, "`, `"))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func TestTheDocumentedExceptionsAreThoseThatAreMade(t *testing.T) {
	const begin, end = "<!-- exceptions: written by `go test -update` -->\n\n", "<!-- end of exceptions -->\n"
	content, err := os.ReadFile(exceptionsFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	got, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the exceptions", exceptionsFile)
	}
	want := exceptionsTable(exceptions())
	if *update {
		err = os.WriteFile(exceptionsFile, []byte(before+begin+want+end+after), 0o644)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s has other exceptions; `go test -update` rewrites them:\n%s", exceptionsFile, want)
	}
}
