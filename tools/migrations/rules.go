package main

import (
	"fmt"
	"slices"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser needs one for literals
)

// mistakes judges the step. MySQL's grammar is read by a parser that others keep.
func (s step) mistakes() []string {
	var found []string
	complain := func(format string, args ...any) { found = append(found, s.file+": "+fmt.Sprintf(format, args...)) }
	statements, _, err := parser.New().Parse(s.text, "", "")
	if err != nil {
		complain("is not understood: %v", err)
		return found
	}
	var breaks []string
	for _, statement := range statements {
		switch x := statement.(type) {
		case *ast.CreateTableStmt: // nobody knows it yet
		case *ast.AlterTableStmt:
			breaks = append(breaks, alterBreaks(x)...)
			for _, reason := range alterHolds(x) {
				complain("%s", reason)
			}
		case *ast.DropTableStmt:
			breaks = append(breaks, "drops a table")
		case *ast.RenameTableStmt:
			breaks = append(breaks, "renames a table")
		case *ast.TruncateTableStmt:
			breaks = append(breaks, "empties a table")
		case *ast.UpdateStmt, *ast.DeleteStmt, *ast.InsertStmt:
			complain("changes rows, and holds their locks until all are done: the program does that, in batches")
		default:
			complain("is neither CREATE TABLE, ALTER TABLE nor DROP TABLE")
		}
	}
	switch {
	case len(breaks) > 0 && s.needsProgram == 0:
		for _, reason := range breaks {
			complain("%s: say in a line -- needs-program: N which program does without, and do it one release after that", reason)
		}
	case s.needsProgram > s.released:
		complain("needs a program of step %d, and release %s, which still runs meanwhile, is of step %d: do it one release later",
			s.needsProgram, s.release, s.released)
	}
	return found
}

// alterBreaks are the changes that a program fails on that does not know of them.
func alterBreaks(statement *ast.AlterTableStmt) (reasons []string) {
	for _, spec := range statement.Specs {
		switch spec.Tp { //nolint:exhaustive // the others break nobody
		case ast.AlterTableDropColumn:
			reasons = append(reasons, "drops the column "+spec.OldColumnName.Name.O)
		case ast.AlterTableRenameColumn:
			reasons = append(reasons, "renames the column "+spec.OldColumnName.Name.O)
		case ast.AlterTableChangeColumn, ast.AlterTableModifyColumn:
			reasons = append(reasons, "changes the type of the column "+spec.NewColumns[0].Name.Name.O)
		case ast.AlterTableRenameTable:
			reasons = append(reasons, "renames the table")
		case ast.AlterTableDropPrimaryKey:
			reasons = append(reasons, "drops the primary key")
		case ast.AlterTableAddConstraint:
			if !isPlainIndex(spec.Constraint.Tp) {
				reasons = append(reasons, "adds a rule that rows of the program of before may not keep")
			}
		case ast.AlterTableAddColumns:
			for _, column := range spec.NewColumns {
				if mustBeGiven(column) {
					reasons = append(reasons, "adds the column "+column.Name.Name.O+", which is NOT NULL and has no DEFAULT")
				}
			}
		}
	}
	return reasons
}

func isPlainIndex(kind ast.ConstraintType) bool {
	return slices.Contains([]ast.ConstraintType{ast.ConstraintKey, ast.ConstraintIndex, ast.ConstraintFulltext}, kind)
}

// mustBeGiven tells whether an INSERT that does not name the column fails.
func mustBeGiven(column *ast.ColumnDef) bool {
	required := false
	for _, option := range column.Options {
		switch option.Tp { //nolint:exhaustive // the others do not matter
		case ast.ColumnOptionNotNull, ast.ColumnOptionPrimaryKey:
			required = true
		case ast.ColumnOptionDefaultValue, ast.ColumnOptionGenerated, ast.ColumnOptionAutoIncrement:
			return false
		}
	}
	return required
}

// alterHolds says when the change may keep others from the table: unless the server is told how to do it, it copies the table, if it must, and nobody
// can write meanwhile.
func alterHolds(statement *ast.AlterTableStmt) (reasons []string) {
	algorithm, lock := ast.AlgorithmTypeDefault, ast.LockTypeDefault
	for _, spec := range statement.Specs {
		if spec.Tp == ast.AlterTableAlgorithm {
			algorithm = spec.Algorithm
		}
		if spec.Tp == ast.AlterTableLock {
			lock = spec.LockType
		}
	}
	instant := algorithm == ast.AlgorithmTypeInstant
	online := algorithm == ast.AlgorithmTypeInplace && lock == ast.LockTypeNone
	if !instant && !online {
		return []string{"may lock the table: add ALGORITHM = INSTANT, or ALGORITHM = INPLACE, LOCK = NONE"}
	}
	return nil
}
