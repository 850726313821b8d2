package main

import (
	"strings"
	"testing"
)

const said = `make: nothing
{"Action":"run","Test":"TestD6_ACommitThatIsCutOff"}
{"Action":"output","Test":"TestD6_ACommitThatIsCutOff","Output":"    database_test.go:12: 100 requests, 41 commits were cut off\n"}
{"Action":"output","Test":"TestD6_ACommitThatIsCutOff","Output":"    main_test.go:12: audit-1: noise\n"}
{"Action":"pass","Test":"TestD6_ACommitThatIsCutOff"}
{"Action":"fail","Test":"TestP1_NobodyNotices"}
{"Action":"pass","Test":"TestSomethingElse"}
`

func TestThePageSaysHowEachRowEnded(t *testing.T) {
	tests, err := read(strings.NewReader(said))
	if err != nil {
		t.Fatal(err)
	}
	r := run{name: "mariadb", tests: tests}
	page := render([]run{r})
	for _, want := range []string{
		"| D6 | A commit that is cut off | holds | mariadb: 100 requests, 41 commits were cut off |\n",
		"| P1 | Nobody notices | **FAILS** |  |\n",
		"| D7 | no test has this row's name yet | – | |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if failed := r.failed(); len(failed) != 1 || failed[0] != "mariadb: TestP1_NobodyNotices" {
		t.Errorf("failed: %v", failed)
	}
}

func TestARunWithoutRowsIsAnError(t *testing.T) {
	_, err := read(strings.NewReader("FAIL\n"))
	if err == nil {
		t.Error("nothing was run, and nobody is told")
	}
}
