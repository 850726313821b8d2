package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"gitlab.com/notejam/notejam/platform/env"
)

// Command is a sub-command such as migrate, or a group of them such as dlq. It may use the Runtime's Log, Metrics, Guard, OnClose, Flags, Stdout and
// Stderr; it has no debug listener and no components.
//
// A command for a person writes its result to Stdout, with WriteJSON if it was asked for that, and what happens meanwhile to Stderr, with Progress:
//
//	flags := rt.Flags()
//	limit := flags.Int("limit", 100, "show at most `N` messages")
//	ids, err := flags.Parse(args, 1, 1)
//	if err != nil {
//		return err
//	}
//
// The exit code is 0 after nil, 1 after ErrFound or another error, 2 after what Parse returns and env.Mistakes.
type Command struct {
	Name string // one word
	Doc  string // what it does, one line
	Args string // what Parse gives, as the usage shows it: "ID|--all"
	Run  func(ctx context.Context, rt *Runtime, lookup env.Lookup, args []string) error

	// Commands make it a group. A group may have a Run too: what happens when none of them is named.
	Commands []Command
}

// ErrFound is returned by a command that did its work and found what somebody has to look at, and has said so.
var ErrFound = errors.New("found what somebody has to look at")

// call is a command and what it is called with.
type call struct {
	Command
	name string // from the program on: "audit dlq redrive"
	args []string
}

// resolve finds the command that the arguments name.
func resolve(p Program, args []string) (call, error) {
	c := call{Command: Command{Commands: p.Commands}, name: p.Name, args: args}
	for len(c.Commands) > 0 {
		word := ""
		if len(c.args) > 0 {
			word = c.args[0]
		}
		i := slices.IndexFunc(c.Commands, func(sub Command) bool { return sub.Name == word })
		switch {
		case i >= 0:
			c = call{Command: c.Commands[i], name: c.name + " " + word, args: c.args[1:]}
		case isHelp(word):
			return c, &usageError{text: c.usage(nil), asked: true}
		case c.Run != nil:
			return c, nil
		case word == "":
			return c, c.mistake("which command?")
		default:
			return c, c.mistake(fmt.Sprintf("there is no command %q", word))
		}
	}
	return c, nil
}

func isHelp(word string) bool {
	return slices.Contains([]string{"help", "-h", "-help", "--help"}, word)
}

// usageError says how a command is called: because somebody asked, or else made a mistake.
type usageError struct {
	mistake string
	text    string
	asked   bool
}

func (e *usageError) Error() string { return e.mistake }

func (c call) mistake(sentence string) error {
	return &usageError{mistake: c.name + ": " + sentence, text: c.usage(nil)}
}

// Flags are a command's flags. Parse comes first.
type Flags struct {
	*flag.FlagSet
	call call
}

// Flags gives the flags of the command that runs, none at first.
func (rt *Runtime) Flags() *Flags {
	set := flag.NewFlagSet(rt.call.name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {} // Main prints it
	return &Flags{FlagSet: set, call: rt.call}
}

// Parse reads the arguments: flags, and between them from least to most others, which it returns. Its error is to be returned as it is; then the usage
// is printed.
func (f *Flags) Parse(args []string, least, most int) ([]string, error) {
	var others []string
	for {
		err := f.FlagSet.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, &usageError{text: f.call.usage(f.FlagSet), asked: true}
		case err != nil:
			return nil, f.Mistake("%v", err)
		}
		if f.NArg() == 0 {
			break
		}
		others, args = append(others, f.Arg(0)), f.Args()[1:] // flags may stand behind it
	}
	switch {
	case len(others) < least:
		return nil, f.Mistake("%s is missing", f.call.Args)
	case len(others) > most:
		return nil, f.Mistake("%q is too much", others[most])
	}
	return others, nil
}

// Mistake is an error about the arguments, to be returned like that of Parse.
func (f *Flags) Mistake(format string, args ...any) error {
	return &usageError{mistake: f.call.name + ": " + fmt.Sprintf(format, args...), text: f.call.usage(f.FlagSet)}
}

// usage says how a command, with its flags, or a group is called.
func (c call) usage(flags *flag.FlagSet) string {
	synopsis := "usage: " + c.name
	var list strings.Builder
	table := tabwriter.NewWriter(&list, 0, 0, 2, ' ', 0)
	if len(c.Commands) > 0 {
		synopsis += " COMMAND"
		for _, sub := range c.Commands {
			_, _ = fmt.Fprintf(table, "  %s\t%s\n", sub.Name, sub.Doc)
		}
	}
	if flags != nil {
		synopsis += " [FLAGS]"
		flags.VisitAll(func(f *flag.Flag) {
			value, doc := flag.UnquoteUsage(f)
			if !slices.Contains([]string{"", "0", "0s", "false"}, f.DefValue) {
				doc += " (default " + f.DefValue + ")"
			}
			_, _ = fmt.Fprintf(table, "  %s\t%s\n", strings.TrimSpace("--"+f.Name+" "+value), doc)
		})
	}
	_ = table.Flush() // into memory
	if c.Args != "" {
		synopsis += " " + c.Args
	}
	return fmt.Sprintf("%s\n\n%s\n\n%s", synopsis, c.Doc, list.String())
}
