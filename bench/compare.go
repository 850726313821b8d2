package bench

import (
	"context"
	"math"
	"os"
	"slices"
	"time"
)

// round is what one side did in one round.
type round struct {
	perSecond float64
	timing    timing
	cost      map[string]time.Duration // CPU time for each answer, by process
	others    float64                  // share of the machine's CPU time that programs took which are not ours
}

// timing is how long answers took.
type timing struct{ p50, p95, p99 time.Duration }

func timingOf(answers []time.Duration) timing {
	sorted := slices.Sorted(slices.Values(answers))
	return timing{percentile(sorted, 50), percentile(sorted, 95), percentile(sorted, 99)}
}

// percentile gives the smallest value that p percent of the sorted values do not exceed (nearest rank); 0 of none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// pair are two rounds that followed each other.
type pair struct{ a, b round }

// comparison is a page of two sides, in pairs.
type comparison struct {
	page   string
	target float64
	pairs  []pair
}

// ratios gives how many times as many requests a answered as b, pair by pair.
func (c comparison) ratios() spread {
	return spreadOf(c.pairs, func(p pair) float64 { return p.a.perSecond / p.b.perSecond })
}

// spread is the smallest, the middle and the largest of some figures.
type spread struct{ min, median, max float64 }

func spreadOf[T any](list []T, figure func(T) float64) spread {
	var all []float64
	for _, one := range list {
		all = append(all, figure(one))
	}
	slices.Sort(all)
	return spread{all[0], median(all), all[len(all)-1]}
}

// median gives the middle of sorted figures; of an even number the mean of the two in the middle.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// compare measures two contenders in pairs of rounds, each warmed up before.
func (r *rig) compare(ctx context.Context, a, b *contender) (comparison, error) {
	for _, c := range []*contender{a, b} {
		_, err := r.round(ctx, c, r.extent.warmUp)
		if err != nil {
			return comparison{}, err
		}
	}
	pairs, err := takeTurns(r.extent.pairs,
		func() (round, error) { return r.round(ctx, a, r.extent.round) },
		func() (round, error) { return r.round(ctx, b, r.extent.round) })
	return comparison{pairs: pairs}, err
}

// takeTurns lets a and b take turns: a b a b …
func takeTurns(pairs int, a, b func() (round, error)) ([]pair, error) {
	var all []pair
	for range pairs {
		first, err := a()
		if err != nil {
			return nil, err
		}
		second, err := b()
		if err != nil {
			return nil, err
		}
		all = append(all, pair{first, second})
	}
	return all, nil
}

// round measures one contender for a while.
func (r *rig) round(ctx context.Context, c *contender, d time.Duration) (round, error) {
	watched, err := r.watched(c.side)
	if err != nil {
		return round{}, err
	}
	before, err := readUsage(watched)
	if err != nil {
		return round{}, err
	}
	answers, took, err := c.closedLoop(ctx, d)
	if err != nil {
		return round{}, err
	}
	after, err := readUsage(watched)
	if err != nil {
		return round{}, err
	}
	if c.page.after != nil {
		err = c.page.after(ctx, len(answers))
		if err != nil {
			return round{}, err
		}
	}
	used := after.since(before)
	cost := map[string]time.Duration{}
	for name, spent := range used.own {
		cost[name] = spent / time.Duration(len(answers))
	}
	return round{
		perSecond: float64(len(answers)) / took.Seconds(),
		timing:    timingOf(answers), cost: cost, others: used.others(),
	}, nil
}

// The names under which the processes that are no services count.
const (
	loadProcess     = "load"
	databaseProcess = "database"
)

// watched are the processes that work for a side: its own, the database, and the bench itself, in which the queue also runs.
func (r *rig) watched(s *side) (map[string]int, error) {
	pid, err := r.database()
	if err != nil {
		return nil, err
	}
	pids := map[string]int{loadProcess: os.Getpid(), databaseProcess: pid}
	for _, p := range s.processes {
		pids[p.name] = p.cmd.Process.Pid
	}
	return pids, nil
}
