package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// reason is a row of the page.
type reason struct {
	name    string   // "NOTE_NOT_FOUND"
	meaning string   // "a note that does not exist, or is not the caller's"
	kinds   []string // of fault.Kind: "NotFound"
	shared  bool     // it is platform's: any service may answer it
	answers []string // else: the services that make it
	status  string   // the HTTP status, where it is not the kind's
}

// source is a file of the code.
type source struct {
	service string // "notes"; empty outside of services/
	file    *ast.File
}

// parse reads the Go files of platform/ and services/ that are no tests.
func parse(root string) ([]source, error) {
	var sources []source
	for _, folder := range []string{"platform", "services"} {
		top := filepath.Join(root, folder)
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error { //nolint:gosec // who runs it names the root
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return fmt.Errorf("parse: %w", err)
			}
			inside, err := filepath.Rel(root, path)
			if err != nil {
				return fmt.Errorf("name %s: %w", path, err)
			}
			parts := strings.Split(filepath.ToSlash(inside), "/")
			s := source{file: file}
			if parts[0] == "services" {
				s.service = parts[1]
			}
			sources = append(sources, s)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// collector gathers what all files say of the reasons.
type collector struct {
	rows     map[string]*reason
	names    map[string]string // the reason of a constant, by its name
	mistakes []string
}

// reasons gives the rows by name, and what is wrong.
func reasons(sources []source) (list []reason, mistakes []string) {
	c := &collector{rows: map[string]*reason{}, names: map[string]string{}}
	for _, s := range sources {
		c.constants(s)
	}
	for _, s := range sources {
		ast.Inspect(s.file, func(node ast.Node) bool {
			c.use(node, s.service)
			return true
		})
	}
	for _, row := range c.rows {
		if row.meaning == "" {
			c.mistakes = append(c.mistakes, row.name+" has no comment that says what it means")
		}
		slices.Sort(row.kinds)
		slices.Sort(row.answers)
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b reason) int { return strings.Compare(a.name, b.name) })
	slices.Sort(c.mistakes)
	return list, c.mistakes
}

// constants reads `ReasonX fault.Reason = "X"`. The same reason may have a second constant without comment, where somebody
// looks for it.
func (c *collector) constants(s source) {
	ast.Inspect(s.file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || nameOf(spec.Type) != "Reason" || len(spec.Values) != 1 {
			return true
		}
		value := text(spec.Values[0])
		c.names[spec.Names[0].Name] = value
		row := c.row(value)
		row.shared = row.shared || s.service == ""
		if row.meaning == "" {
			row.meaning = meaningOf(spec)
		}
		return true
	})
}

func (c *collector) row(name string) *reason {
	if c.rows[name] == nil {
		c.rows[name] = &reason{name: name}
	}
	return c.rows[name]
}

// meaningOf gives the comment of a constant without its beginning, "ReasonX is".
func meaningOf(spec *ast.ValueSpec) string {
	comment := strings.Join(strings.Fields(spec.Doc.Text()), " ")
	comment = strings.TrimPrefix(strings.TrimPrefix(comment, spec.Names[0].Name+" "), "is ")
	return strings.TrimSuffix(comment, ".")
}

// use looks at the three ways in which an error gets its reason, and at the table of HTTP statuses.
func (c *collector) use(node ast.Node, service string) {
	switch n := node.(type) {
	case *ast.CallExpr: // fault.New(fault.NotFound, ReasonX, "…")
		if nameOf(n.Fun) == "New" && len(n.Args) == 3 {
			c.carries(n.Args[1], nameOf(n.Args[0]), service)
		}
		if nameOf(n.Fun) == "InvalidFields" {
			c.carries(ast.NewIdent("ReasonFieldInvalid"), "Invalid", service)
		}
	case *ast.CompositeLit: // fault.Error{Kind: fault.NotFound, Reason: ReasonX}
		c.carries(element(n, "Reason"), nameOf(element(n, "Kind")), service)
	case *ast.KeyValueExpr:
		row, isRow := n.Value.(*ast.CompositeLit)
		if isRow && len(row.Elts) == 3 { // NotFound: {codes.NotFound, ReasonX, "…"}
			c.carries(row.Elts[1], nameOf(n.Key), service)
		}
		if name := nameOf(n.Value); strings.HasPrefix(name, "Status") && c.names[nameOf(n.Key)] != "" { // reasonX: http.StatusX
			c.row(c.names[nameOf(n.Key)]).status = strings.TrimPrefix(name, "Status")
		}
	}
}

// carries notes that an error of the kind has the reason.
func (c *collector) carries(expression ast.Expr, kind, service string) {
	if expression == nil || statuses[kind] == 0 {
		return
	}
	if literal := text(expression); literal != "" {
		c.mistakes = append(c.mistakes, literal+" is made without a constant")
		return
	}
	value := c.names[nameOf(expression)]
	if value == "" {
		return
	}
	row := c.row(value)
	if !slices.Contains(row.kinds, kind) {
		row.kinds = append(row.kinds, kind)
	}
	if service != "" && !slices.Contains(row.answers, service) {
		row.answers = append(row.answers, service)
	}
}

func element(literal *ast.CompositeLit, key string) ast.Expr {
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if ok && nameOf(pair.Key) == key {
			return pair.Value
		}
	}
	return nil
}

// nameOf gives the last word of a name: "New" for fault.New.
func nameOf(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func text(expression ast.Expr) string {
	literal, ok := expression.(*ast.BasicLit)
	if !ok {
		return ""
	}
	value, _ := strconv.Unquote(literal.Value)
	return value
}
