package bench

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAPercentileIsTheSmallestValueThatSoManyDoNotExceed(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		name   string
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{"half of a hundred", hundred, 50, 50},
		{"99 of a hundred", hundred, 99, 99},
		{"a little more than 99 of a hundred", hundred, 99.1, 100},
		{"all of a hundred", hundred, 100, 100},
		{"none of a hundred", hundred, 0, 1},
		{"99 of two", []time.Duration{1, 2}, 99, 2},
		{"half of two", []time.Duration{1, 2}, 50, 1},
		{"half of one", []time.Duration{7}, 50, 7},
		{"half of none", nil, 50, 0},
	} {
		got := percentile(c.sorted, c.p)
		if got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestTheTimingOfAnswersDoesNotDependOnTheirOrder(t *testing.T) {
	got := timingOf([]time.Duration{3, 1, 2, 5, 4})
	if want := (timing{p50: 3, p95: 5, p99: 5}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheMiddleOfAnEvenNumberIsBetweenTheTwo(t *testing.T) {
	itself := func(f float64) float64 { return f }
	for _, c := range []struct {
		of   []float64
		want spread
	}{
		{[]float64{4}, spread{4, 4, 4}},
		{[]float64{3, 1, 2}, spread{1, 2, 3}},
		{[]float64{4, 1, 2, 3}, spread{1, 2.5, 4}},
	} {
		got := spreadOf(c.of, itself)
		if got != c.want {
			t.Errorf("of %v: got %v, want %v", c.of, got, c.want)
		}
	}
}

func TestTheRatioIsThatOfEachPairAndNotOfTheSums(t *testing.T) {
	at := func(perSecond float64) round { return round{perSecond: perSecond} }
	// The machine is half as fast for two of three pairs. One side is always half of the other.
	c := comparison{pairs: []pair{{at(1000), at(2000)}, {at(500), at(1000)}, {at(500), at(1000)}}}
	if got, want := c.ratios(), (spread{0.5, 0.5, 0.5}); got != want {
		t.Errorf("ratios: got %v, want %v", got, want)
	}
	if got, want := c.slower(), (spread{2, 2, 2}); got != want {
		t.Errorf("slower: got %v, want %v", got, want)
	}
}

func TestTheSidesTakeTurns(t *testing.T) {
	var order strings.Builder
	turn := func(name string, perSecond float64) func() (round, error) {
		return func() (round, error) {
			order.WriteString(name)
			return round{perSecond: perSecond}, nil
		}
	}
	pairs, err := takeTurns(3, turn("a", 1), turn("b", 2))
	if err != nil || order.String() != "ababab" {
		t.Errorf("the order was %q, %v", order.String(), err)
	}
	for _, p := range pairs {
		if p.a.perSecond != 1 || p.b.perSecond != 2 {
			t.Errorf("a pair holds %v", p)
		}
	}
}

func TestARoundThatFailsEndsTheComparison(t *testing.T) {
	wrong := errors.New("a wrong page")
	good := func() (round, error) { return round{}, nil }
	bad := func() (round, error) { return round{}, wrong }
	_, first := takeTurns(2, bad, good)
	_, second := takeTurns(2, good, bad)
	if !errors.Is(first, wrong) || !errors.Is(second, wrong) {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestShortDoesLessAndFlagsSayHowMuch(t *testing.T) {
	usual, short := Options{}.extent(), Options{Short: true}.extent()
	if usual.connections != 8 || usual.notes != 1000 || usual.many != 100_000 || usual.few != 10 || usual.rate != 50 {
		t.Errorf("this is not what the targets are about: %+v", usual)
	}
	if short.pairs >= usual.pairs || short.round >= usual.round || short.many >= usual.many {
		t.Errorf("short is %+v", short)
	}
	given := Options{Pairs: 3, Round: time.Second}.extent()
	usual.pairs, usual.round = 3, time.Second
	if diff := cmp.Diff(usual, given, cmp.AllowUnexported(extent{})); diff != "" {
		t.Error(diff)
	}
}
