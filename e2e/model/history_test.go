package model_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A note that many edit is a register: it is read, and it is changed by those who
// name what they have read. Its value is the title, which is another one in each
// edit; an etag stands for the title that came with it.

// step is what a writer asked of the register.
type step struct {
	from, to string // of an edit; a reading has neither
}

// result is what the writer was told.
type result struct {
	title   string // that a reading gave
	done    bool   // the edit was acknowledged
	unknown bool   // nobody told: the edit happens at some time from its call on, or never
}

// never is when an edit ends whose end nobody saw.
const never = math.MaxInt64

// state is the register, and how many readings of its title have taken place.
type state struct {
	title    string
	readings int
}

// register is the model that a history is checked against. A title comes once
// and never again, so all of its readings must be over before the next one comes:
// without that hint the search tries every order of them first, and finds no end.
func register(history []porcupine.Operation) porcupine.Model {
	readings := map[string]int{}
	for _, operation := range history {
		asked, _ := operation.Input.(step)
		told, _ := operation.Output.(result)
		if asked.to == "" {
			readings[told.title]++
		}
	}
	return porcupine.Model{
		Init: func() any { return state{} },
		Step: func(before, input, output any) (bool, any) {
			s, _ := before.(state)
			asked, _ := input.(step)
			told, _ := output.(result)
			matches := asked.from == s.title
			free := s.readings == readings[s.title]
			switch {
			case asked.to == "":
				return told.title == s.title, state{s.title, s.readings + 1}
			case told.unknown && matches && free:
				return true, state{title: asked.to}
			case told.unknown: // too late: at the end of all that is the same as never
				return !matches, s
			case told.done:
				return matches && free, state{title: asked.to}
			}
			return !matches, s
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v %+v", input, output) },
	}
}

// linearizable says whether each step can have taken place at one moment between
// its call and its answer.
func linearizable(t *testing.T, history []porcupine.Operation) bool {
	t.Helper()
	switch porcupine.CheckOperationsTimeout(register(history), history, time.Minute) {
	case porcupine.Ok:
		return true
	case porcupine.Illegal:
		return false
	default:
		t.Fatal("the history could not be checked within a minute")
		return false
	}
}

func TestTheCheckerOfEditsRefusesHistoriesThatNoRegisterHas(t *testing.T) {
	at := func(writer int, from, to int64, asked step, told result) porcupine.Operation {
		return porcupine.Operation{ClientId: writer, Call: from, Return: to, Input: asked, Output: told}
	}
	edit := func(from, to string) step { return step{from: from, to: to} }
	read := func(title string) result { return result{title: title} }
	done, refused, unknown := result{done: true}, result{}, result{unknown: true}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		want    bool
	}{
		"one after the other":            {[]porcupine.Operation{at(1, 0, 1, edit("", "a"), done), at(2, 2, 3, edit("a", "b"), done)}, true},
		"of two at once one is refused":  {[]porcupine.Operation{at(1, 0, 9, edit("", "a"), done), at(2, 1, 8, edit("", "b"), refused)}, true},
		"two edits of one title":         {[]porcupine.Operation{at(1, 0, 9, edit("", "a"), done), at(2, 1, 8, edit("", "b"), done)}, false},
		"an edit of what was not there":  {[]porcupine.Operation{at(1, 0, 1, edit("", "a"), done), at(2, 2, 3, edit("", "b"), done)}, false},
		"a reading of what is past":      {[]porcupine.Operation{at(1, 0, 1, edit("", "a"), done), at(2, 2, 3, step{}, read(""))}, false},
		"a refusal without a reason":     {[]porcupine.Operation{at(1, 0, 1, edit("", "a"), refused)}, false},
		"a lost edit":                    {[]porcupine.Operation{at(1, 0, 1, edit("", "a"), done), at(1, 2, 3, edit("a", "b"), done), at(2, 4, 5, step{}, read("a"))}, false},
		"a refused edit takes effect":    {[]porcupine.Operation{at(1, 0, 9, edit("", "a"), done), at(2, 1, 8, edit("", "b"), refused), at(2, 10, 11, step{}, read("b"))}, false},
		"an unknown edit that happened":  {[]porcupine.Operation{at(1, 0, never, edit("", "a"), unknown), at(2, 2, 3, step{}, read("a"))}, true},
		"an unknown edit happens late":   {[]porcupine.Operation{at(1, 0, never, edit("", "a"), unknown), at(2, 2, 3, step{}, read("")), at(2, 4, 5, step{}, read("a"))}, true},
		"an unknown edit never happened": {[]porcupine.Operation{at(1, 0, never, edit("", "a"), unknown), at(2, 2, 3, step{}, read(""))}, true},
		"an unknown edit happens twice":  {[]porcupine.Operation{at(1, 0, never, edit("", "a"), unknown), at(2, 2, 3, edit("a", "b"), done), at(2, 4, 5, step{}, read("a"))}, false},
	} {
		if got := linearizable(t, c.history); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
