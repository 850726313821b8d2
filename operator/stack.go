package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// StacksFolder is where `make synth` writes stacks for Terraform.
const StacksFolder = "infra-cdktf/cdktf.out/stacks"

// Stack is one of them under Terraform, which is asked nothing that a person could not type: TF_CLI_ARGS_apply and its
// like add to it.
type Stack struct {
	Folder   string // of all stacks
	Name     string
	In       io.Reader
	Out, Err io.Writer
}

// Plan says what an apply would change.
func (s Stack) Plan(ctx context.Context) error { return s.initAnd(ctx, "plan", "-input=false") }

// Apply makes it so, once whoever sits there has seen what will change.
func (s Stack) Apply(ctx context.Context) error { return s.initAnd(ctx, "apply") }

// Destroy takes all of it away.
func (s Stack) Destroy(ctx context.Context) error { return s.initAnd(ctx, "destroy") }

func (s Stack) initAnd(ctx context.Context, command string, args ...string) error {
	err := s.terraform(ctx, "init", "-input=false")
	if err != nil {
		return err
	}
	return s.terraform(ctx, command, args...)
}

func (s Stack) folder() string { return filepath.Join(s.Folder, s.Name) }

func (s Stack) terraform(ctx context.Context, command string, args ...string) error {
	_, err := os.Stat(filepath.Join(s.folder(), "cdk.tf.json"))
	if err != nil {
		return fmt.Errorf("there is no stack %s to apply; `make synth` writes it: %w", s.Name, err)
	}
	// A terminal interrupts Terraform as well, which then ends in order. Killed, it would lose what it has just made.
	args = append([]string{"-chdir=" + s.folder(), command}, args...)
	run := exec.CommandContext(context.WithoutCancel(ctx), "terraform", args...) //nolint:gosec // the stack is known
	run.Stdin, run.Stdout, run.Stderr = s.In, s.Out, s.Err
	err = run.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("terraform is not installed; 1.11 or newer is needed")
	}
	if err != nil {
		return fmt.Errorf("terraform %s %s: %w", command, s.Name, err)
	}
	return nil
}

// Guarded are the stacks whose loss people would notice.
var Guarded = []string{"prod", "shared"}

// Confirmed asks for the stack's name before a guarded one is destroyed. Where nobody sits, CONFIRM has to have it.
func (s Stack) Confirmed(given string, terminal bool) error {
	if given == "" && !terminal {
		return fmt.Errorf("%s is not destroyed without a person's word: type its name at a terminal, or set CONFIRM=%s", s.Name, s.Name)
	}
	if given == "" {
		_, _ = fmt.Fprintf(s.Out, "This destroys %s and all that people have in it. Type %q to go on: ", s.Name, s.Name)
		line, err := readLine(s.In)
		if err != nil {
			return fmt.Errorf("%s is not destroyed: %w", s.Name, err)
		}
		given = line
	}
	if given != s.Name {
		return fmt.Errorf("%s is not destroyed: %q is not its name", s.Name, given)
	}
	return nil
}

// readLine takes no more than the line: what follows is Terraform's.
func readLine(from io.Reader) (string, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for line.Len() < 100 {
		_, err := io.ReadFull(from, one)
		if err != nil {
			return "", err
		}
		if one[0] == '\n' {
			break
		}
		line.WriteByte(one[0])
	}
	return strings.TrimSpace(line.String()), nil
}
