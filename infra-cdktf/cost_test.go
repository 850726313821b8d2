package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// goals are the most that each environment may cost in a month in which nobody uses it.
var goals = map[string]float64{"dev": 95, "qa": 180, "prod": 470}

const costFile = "testdata/cost.json"

// bills are dollars of each environment and item, in whole cents.
type bills map[string]map[string]float64

func billsOf(w *world) bills {
	all := bills{}
	for env, m := range w.environments {
		all[env.Name] = map[string]float64{}
		for _, e := range bill(m) {
			all[env.Name][e.Item] = math.Round(e.Dollars*100) / 100
		}
	}
	return all
}

func (b bills) sum(env string) float64 {
	sum := 0.0
	for _, dollars := range b[env] {
		sum += dollars
	}
	return math.Round(sum*100) / 100
}

// moved names each item that costs other than committed.
func (b bills) moved(committed bills) faults {
	var f faults
	for _, env := range []string{"dev", "qa", "prod"} {
		for _, item := range slices.Sorted(keysIn(b[env], committed[env])) {
			was, is := committed[env][item], b[env][item]
			f.check(was == is, "%s: %s was $%.2f a month and is $%.2f", env, item, was, is)
		}
	}
	return f
}

// keysIn are the keys of both, each once.
func keysIn(maps ...map[string]float64) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}

func committedBills(t *testing.T) bills {
	t.Helper()
	content, err := os.ReadFile(costFile)
	if err != nil {
		t.Fatal(err)
	}
	var committed bills
	err = json.Unmarshal(content, &committed)
	if err != nil {
		t.Fatal(err)
	}
	return committed
}

func TestNoEnvironmentCostsMoreThanItsGoal(t *testing.T) {
	all := billsOf(load(t))
	for env, goal := range goals {
		if all.sum(env) > goal {
			t.Errorf("%s costs $%.2f a month, its goal is $%.0f; what moved: %q", env, all.sum(env), goal, all.moved(committedBills(t)))
		}
	}
}

func TestWhatEachItemCostsIsAsCommitted(t *testing.T) {
	all := billsOf(load(t))
	if *update {
		content, err := json.MarshalIndent(all, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		err = os.WriteFile(costFile, append(content, '\n'), 0o644)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, fault := range all.moved(committedBills(t)) {
		t.Errorf("%s; if that is meant, `go test -update`", fault)
	}
}

func TestWhatMovedACostIsNamed(t *testing.T) {
	for _, planted := range []struct {
		says, moved string
		plant       func(w *world)
	}{
		{"a second NAT gateway in dev", "dev: NAT gateways and their addresses", func(w *world) {
			at(w.Modules["dev"].JSON, "resource", "aws_nat_gateway")["nat-gateway-b"] = block{}
			at(w.Modules["dev"].JSON, "resource", "aws_eip")["nat-b"] = block{}
		}},
		{"tasks of twice the size", "prod: Fargate tasks", func(w *world) {
			set("prod", "aws_ecs_task_definition", "task-web", "cpu", "1024")(w)
			set("prod", "aws_ecs_task_definition", "task-web", "memory", "2048")(w)
		}},
		{"twice as many tasks", "qa: Fargate tasks", set("qa", "aws_appautoscaling_target", "scale-notes", "min_capacity", 2.0)},
		{"a database that never pauses", "dev: Database capacity",
			set("dev", "aws_rds_cluster", "database", "serverlessv2_scaling_configuration.min_capacity", 0.5)},
		{"no sleep at night", "dev: Fargate tasks", func(w *world) {
			delete(at(w.Modules["dev"].JSON, "resource"), "aws_appautoscaling_scheduled_action")
		}},
	} {
		t.Run(planted.says, func(t *testing.T) {
			w := load(t)
			planted.plant(w)
			moved := strings.Join(billsOf(w).moved(committedBills(t)), "\n")
			if !strings.Contains(moved, planted.moved+" was ") {
				t.Errorf("%q is not named in %q", planted.moved, moved)
			}
		})
	}
}

func TestASecondGatewayInDevIsBeyondItsGoal(t *testing.T) {
	w := load(t)
	at(w.Modules["dev"].JSON, "resource", "aws_nat_gateway")["nat-gateway-b"] = block{}
	at(w.Modules["dev"].JSON, "resource", "aws_eip")["nat-b"] = block{}
	if all := billsOf(w); all.sum("dev") <= goals["dev"] {
		t.Errorf("it costs $%.2f", all.sum("dev"))
	}
}

// costTable is the bill as docs/infra.md has it.
func costTable(w *world) string {
	all := billsOf(w)
	var table strings.Builder
	table.WriteString("| dollars a month | dev | qa | prod |\n| --- | ---: | ---: | ---: |\n")
	for _, e := range bill(w.Modules["prod"]) {
		fmt.Fprintf(&table, "| %s | %.2f | %.2f | %.2f |\n", e.Item, all["dev"][e.Item], all["qa"][e.Item], all["prod"][e.Item])
	}
	fmt.Fprintf(&table, "| **Sum** | **%.2f** | **%.2f** | **%.2f** |\n", all.sum("dev"), all.sum("qa"), all.sum("prod"))
	fmt.Fprintf(&table, "| At most | %.0f | %.0f | %.0f |\n", goals["dev"], goals["qa"], goals["prod"])
	return table.String()
}

func TestTheDocumentedCostsAreThoseOfTheModel(t *testing.T) {
	const file, begin, end = "../docs/infra.md", "<!-- costs: written by `go test -update` -->\n", "<!-- end of costs -->"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	got, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the costs", file)
	}
	want := "\n" + costTable(load(t)) + "\n"
	if *update {
		err = os.WriteFile(file, []byte(before+begin+want+end+after), 0o644)
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("%s has other costs; `go test -update` rewrites them:\n%s", file, want)
	}
}

// unpriced names each kind of resource that the model has never heard of.
func unpriced(t *testing.T, w *world) (f faults) {
	t.Helper()
	model, err := os.ReadFile("pricing_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for env, m := range w.environments {
		for kind := range at(m.JSON, "resource") {
			known := slices.Contains(free, kind) || strings.Contains(string(model), `"`+kind+`"`)
			f.check(known, "%s: nobody says what %s costs", env.Name, kind)
		}
	}
	return f
}

func TestEveryKindOfResourceIsPricedOrFree(t *testing.T) {
	for _, fault := range unpriced(t, load(t)) {
		t.Error(fault)
	}
	w := load(t)
	at(w.Modules["qa"].JSON, "resource")["aws_elasticache_cluster"] = block{"sessions": block{}}
	if found := unpriced(t, w); !slices.Equal(found, faults{"qa: nobody says what aws_elasticache_cluster costs"}) {
		t.Errorf("a planted cache gives %q", found)
	}
}
