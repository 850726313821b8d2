package queuetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSchedule_TheLongestVisibleComesFirst(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var s schedule
		var want []entry
		for i := range 1 + dice.IntN(100) {
			e := entry{visible: dice.Int64N(20), order: uint64(i), message: &message{key: fmt.Sprint(i)}}
			s.push(e)
			want = append(want, e)
		}
		for range dice.IntN(len(want)) {
			gone := s.remove(dice.IntN(len(want)))
			want = slices.DeleteFunc(want, func(e entry) bool { return e.order == gone.order })
		}
		slices.SortFunc(want, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.visible, b.visible), cmp.Compare(a.order, b.order))
		})
		limit := min(1+dice.IntN(12), len(want))
		for range 2 { // to look changes nothing
			got := keys(s.first(limit))
			if !slices.Equal(got, keys(want[:limit])) {
				t.Fatalf("the first %d of %d are %v, want %v", limit, len(want), got, keys(want[:limit]))
			}
		}
		for i, e := range s.entries {
			if e.message.in != &s || e.message.index != i {
				t.Fatalf("the message at %d says that it is at %d", i, e.message.index)
			}
		}
	}
}

func keys(entries []entry) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.message.key)
	}
	return all
}
