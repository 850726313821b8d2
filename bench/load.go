package bench

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/sync/errgroup"
)

// The load comes from fasthttp's client, and the loops around it are ours. What
// asks runs on the same cores as what answers, so what it costs is added to
// both sides and makes them look more alike than they are: fasthttp takes a
// fifth of the time that net/http takes for a request, and with it vegeta. wrk
// would be as quick, but it cannot look at each answer, and its forms would be
// written in Lua.

// answerLimit is how long an answer may take before the run fails.
const answerLimit = 10 * time.Second

// contender is a page of one side.
type contender struct {
	side   *side
	page   page
	client *fasthttp.HostClient
	asked  atomic.Int64 // counts requests over all rounds, so that each can be another one
	limit  int          // connections
}

func (r *rig) contender(s *side, p page) *contender {
	return &contender{
		side: s, page: p, limit: r.extent.connections,
		client: &fasthttp.HostClient{
			Addr:        strings.TrimPrefix(s.url, "http://"),
			MaxConns:    2 * r.extent.connections, // the closed loop uses half of them; the open one must not wait
			ReadTimeout: answerLimit, WriteTimeout: answerLimit,
			MaxIdemponentCallAttempts: 1, // an answer that does not come is an error, not another request
			DisablePathNormalizing:    true,
		},
	}
}

// ask sends one request and checks its answer. It tells how long the whole answer took.
func (c *contender) ask(req *fasthttp.Request, resp *fasthttp.Response) (time.Duration, error) {
	req.Reset()
	resp.Reset()
	c.page.request(req, c.asked.Add(1)-1)
	req.SetHost(c.client.Addr)
	begin := time.Now()
	err := c.client.Do(req, resp)
	took := time.Since(begin)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", c.side.url, err)
	}
	return took, c.page.check(resp)
}

// closedLoop keeps every connection busy for a while: the next request follows the last answer. It gives how long each answer took, and all of
// them together.
func (c *contender) closedLoop(ctx context.Context, d time.Duration) (answers []time.Duration, took time.Duration, err error) {
	begin := time.Now()
	end := begin.Add(d)
	perConnection := make([][]time.Duration, c.limit)
	group, ctx := errgroup.WithContext(ctx)
	for i := range perConnection {
		group.Go(func() error {
			var req fasthttp.Request
			var resp fasthttp.Response
			var mine []time.Duration
			for time.Now().Before(end) && ctx.Err() == nil {
				one, err := c.ask(&req, &resp)
				if err != nil {
					return err
				}
				mine = append(mine, one)
			}
			perConnection[i] = mine
			return ctx.Err()
		})
	}
	err = group.Wait()
	took = time.Since(begin)
	for _, mine := range perConnection {
		answers = append(answers, mine...)
	}
	return answers, took, err
}

// paced asks so many times a second, whatever the answers do: time is counted from the moment at which a request was due, so that one that had to
// wait for its turn is not taken for a quick one.
func (c *contender) paced(ctx context.Context, rate int, d time.Duration) ([]time.Duration, error) {
	answers := make([]time.Duration, int(d.Seconds()*float64(rate)))
	group, ctx := errgroup.WithContext(ctx)
	begin := time.Now()
	for i := range answers {
		due := begin.Add(time.Duration(i) * time.Second / time.Duration(rate))
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, group.Wait()
		}
		group.Go(func() error {
			var req fasthttp.Request
			var resp fasthttp.Response
			_, err := c.ask(&req, &resp)
			answers[i] = time.Since(due)
			return err
		})
	}
	return answers, group.Wait()
}
