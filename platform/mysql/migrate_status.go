package mysql

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// SchemaStatus is how far a schema is, compared with a program's steps.
type SchemaStatus struct {
	Schema  string       `json:"schema"`
	Version int          `json:"version"` // the last step that is done, 0 if none
	Program int          `json:"program"` // the last step that the program knows
	Steps   []StepStatus `json:"steps"`
	Problem string       `json:"problem,omitempty"` // why nothing can be migrated: a changed file, or a schema that this program is too old for
}

// StepStatus is a step of the program, of the schema, or of both.
type StepStatus struct {
	File      string    `json:"file"`
	State     string    `json:"state"` // done, pending, interrupted, or newer: not known to this program
	AppliedAt time.Time `json:"applied_at,omitzero"`

	statement string // of one that is still to be done
}

// The states of a step.
const (
	stepDone        = "done"
	stepPending     = "pending"
	stepInterrupted = "interrupted"
	stepNewer       = "newer"
)

// ReadSchemaStatus compares the schema of cfg with the steps in fsys. It changes nothing and waits for no migrator.
func ReadSchemaStatus(ctx context.Context, cfg Config, fsys fs.FS, log *slog.Logger) (status SchemaStatus, err error) {
	err = withMigrator(ctx, cfg, fsys, log, func(m *migrator, ctx context.Context, steps []step) error {
		done, err := m.read(ctx)
		if err != nil {
			return err
		}
		status = compare(steps, done)
		status.Schema = cfg.Database
		return nil
	})
	return status, err
}

func compare(steps []step, done map[int]doneStep) SchemaStatus {
	status := SchemaStatus{Version: recorded(done).version, Program: len(steps)}
	_, err := pending(steps, done)
	if err != nil {
		status.Problem = err.Error()
	}
	for _, s := range steps {
		d, there := done[s.version]
		row := StepStatus{File: s.file, State: stepPending, statement: s.statement}
		if there {
			row.State, row.AppliedAt = stepDone, d.appliedAt
		}
		if d.dirty {
			row.State = stepInterrupted
		}
		status.Steps = append(status.Steps, row)
	}
	for _, version := range slices.Sorted(maps.Keys(done)) {
		if version > len(steps) {
			status.Steps = append(status.Steps, StepStatus{File: done[version].file, State: stepNewer, AppliedAt: done[version].appliedAt})
		}
	}
	return status
}

// missing are the steps that a migration would do.
func (s SchemaStatus) missing() []StepStatus {
	return slices.DeleteFunc(slices.Clone(s.Steps), func(step StepStatus) bool { return step.State == stepDone || step.State == stepNewer })
}

// write shows it to a person.
func (s SchemaStatus) write(w io.Writer) error {
	sentence := "it is up to date"
	switch {
	case s.Problem != "":
		sentence = s.Problem
	case len(s.missing()) > 0:
		sentence = fmt.Sprintf("%d to do", len(s.missing()))
	case s.Version > s.Program:
		sentence = "it is newer than this program, which still runs on it"
	}
	_, err := fmt.Fprintf(w, "Schema %s is at step %d, this program knows %d: %s.\n\n", s.Schema, s.Version, s.Program, sentence)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "STEP\tSTATE\tDONE AT")
	for _, step := range s.Steps {
		at := ""
		if step.State != stepPending {
			at = step.AppliedAt.UTC().Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", step.File, step.State, at)
	}
	return table.Flush()
}

// writePlan shows what a migration would do.
func (s SchemaStatus) writePlan(w io.Writer) error {
	if len(s.missing()) == 0 {
		_, err := fmt.Fprintf(w, "Nothing is to be done on schema %s.\n", s.Schema)
		return err
	}
	for _, step := range s.missing() {
		_, err := fmt.Fprintf(w, "-- %s, %s, on schema %s\n%s;\n\n", step.File, step.State, s.Schema, step.statement)
		if err != nil {
			return err
		}
	}
	return nil
}
