package operator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gitlab.com/notejam/notejam/operator"
)

// synthesised is a stack, and a Terraform that writes down what it is told and where the state is. It fails at what
// fails names, and an apply on this disk leaves a state there.
func synthesised(t *testing.T, name, fails string) (s operator.Stack, told func() []string) {
	t.Helper()
	folder, programs := t.TempDir(), t.TempDir()
	stack, log := filepath.Join(folder, name), filepath.Join(programs, "log")
	err := os.MkdirAll(stack, 0o700)
	if err != nil {
		t.Fatal(err)
	}
	err = os.WriteFile(filepath.Join(stack, "cdk.tf.json"), []byte("{}"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	script(t, programs, "terraform", `
chdir=$1 place=bucket
shift
[ -e "${chdir#-chdir=}/backend_override.tf.json" ] && place=disk
echo "$place: $*" >>`+log+`
[ "$1" = "`+fails+`" ] && exit 1
if [ $place = disk ] && [ "$1" = apply ]; then echo '{}' >"${chdir#-chdir=}/terraform.tfstate"; fi
exit 0`)
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))
	told = func() []string {
		text, _ := os.ReadFile(log) // none if it was never run
		_ = os.Remove(log)
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	return operator.Stack{Folder: folder, Name: name, In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, told
}

func TestAStackIsPlannedAppliedAndDestroyedByPlainTerraform(t *testing.T) {
	s, told := synthesised(t, "dev", "nothing")
	for _, err := range []error{s.Plan(t.Context()), s.Apply(t.Context()), s.Destroy(t.Context())} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{"bucket: init -input=false", "bucket: plan -input=false", "bucket: init -input=false", "bucket: apply", "bucket: init -input=false", "bucket: destroy"}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatTerraformFailsAtIsSaidAndNothingFollows(t *testing.T) {
	s, told := synthesised(t, "dev", "init")
	err := s.Apply(t.Context())
	if err == nil || !strings.Contains(err.Error(), "terraform init dev: exit status 1") || len(told()) != 1 {
		t.Errorf("it says %v", err)
	}
	s.Name = "qa"
	err = s.Plan(t.Context())
	if err == nil || !strings.Contains(err.Error(), "`make synth` writes it") {
		t.Errorf("it says %v", err)
	}
}

func TestBootstrapBeginsOnTheDiskAndMovesIntoTheBucket(t *testing.T) {
	server := complete(t)
	server.Buckets = nil
	s, told := synthesised(t, "bootstrap", "nothing")
	err := s.Bootstrap(t.Context(), clients(server).S3, account)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"disk: init -input=false -reconfigure", "disk: apply", "bucket: init -migrate-state -force-copy"}
	if diff := cmp.Diff(want, told()); diff != "" {
		t.Error(diff)
	}
	left, err := os.ReadDir(filepath.Join(s.Folder, s.Name))
	if err != nil || len(left) != 1 {
		t.Errorf("there are %v, %v", left, err)
	}
	server = complete(t)
	err = s.Bootstrap(t.Context(), clients(server).S3, account)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bucket: init -input=false", "bucket: apply"}, told()); diff != "" {
		t.Errorf("the second time:\n%s", diff)
	}
}

func TestABootstrapThatWasCutOffBeforeTheStateMovedGoesOn(t *testing.T) {
	server := complete(t)
	s, told := synthesised(t, "bootstrap", "nothing")
	err := os.WriteFile(filepath.Join(s.Folder, s.Name, "terraform.tfstate"), []byte("{}"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Bootstrap(t.Context(), clients(server).S3, account)
	if err != nil {
		t.Fatal(err)
	}
	if got := told(); len(got) != 3 || got[2] != "bucket: init -migrate-state -force-copy" {
		t.Errorf("it did %q", got)
	}
}

func TestABootstrapThatFailsLeavesNothingThatALaterRunWouldTrip(t *testing.T) {
	server := complete(t)
	server.Buckets = nil
	s, _ := synthesised(t, "bootstrap", "apply")
	err := s.Bootstrap(t.Context(), clients(server).S3, account)
	_, there := os.Stat(filepath.Join(s.Folder, s.Name, "backend_override.tf.json"))
	if err == nil || there == nil {
		t.Errorf("it says %v, and the override is there", err)
	}
}

func TestAGuardedStackIsDestroyedOnlyByItsName(t *testing.T) {
	for _, planted := range []struct {
		typed, given string
		terminal     bool
		says         string
	}{
		{"", "", false, "set CONFIRM=prod"},
		{"yes\n", "", true, `"yes" is not its name`},
		{"", "", true, "prod is not destroyed: EOF"},
		{"", "dev", false, `"dev" is not its name`},
		{"prod\n", "", true, ""},
		{"", "prod", false, ""},
	} {
		s := operator.Stack{Name: "prod", In: strings.NewReader(planted.typed), Out: &bytes.Buffer{}}
		err := s.Confirmed(planted.given, planted.terminal)
		if (err == nil) != (planted.says == "") || err != nil && !strings.Contains(err.Error(), planted.says) {
			t.Errorf("%+v: it says %v", planted, err)
		}
	}
}

func TestTheLineThatIsTypedIsAllThatIsTaken(t *testing.T) {
	in := strings.NewReader("prod\nyes\n")
	s := operator.Stack{Name: "prod", In: in, Out: &bytes.Buffer{}}
	err := s.Confirmed("", true)
	if err != nil || in.Len() != len("yes\n") {
		t.Errorf("%v, %d are left", err, in.Len())
	}
}
