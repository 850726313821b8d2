package queuetest_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"gitlab.com/notejam/notejam/platform/queue"
	"gitlab.com/notejam/notejam/platform/queue/queuetest"
)

// childDir tells a copy of this test program to be a queue server that keeps its messages there, until it is killed.
const childDir = "QUEUETEST_CHILD_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		m.Run()
		return
	}
	server, err := queuetest.Start(kept(dir))
	if err != nil {
		panic(err)
	}
	server.CompactAtOnce() // so that it is killed in the middle of that, too
	_, _ = fmt.Fprintln(os.Stdout, server.Endpoint())
	_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent, if that does not kill it
}

func TestJournal_KillingTheProcessLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const rounds, senders, enough = 3, 4, 100
	var acknowledged sync.Map
	for round := range rounds {
		child := startChild(t, dir)
		var all sync.WaitGroup
		reached := make(chan struct{}, senders)
		for sender := range senders {
			all.Go(func() {
				for i := 0; ; i++ {
					if i == enough {
						reached <- struct{}{}
					}
					body := fmt.Sprintf("%d.%d.%d", round, sender, i)
					result, err := child.queue.Send(t.Context(), []queue.Entry{{ID: body, Body: body}})
					if err != nil {
						return
					}
					for _, id := range result.Accepted {
						acknowledged.Store(id, true)
					}
					if sendAndDelete(t, child.dead) != nil {
						return
					}
				}
			})
		}
		<-reached
		child.kill(t)
		all.Wait()
	}

	got := drain(t, open(t, start(t, kept(dir)), name))
	count := 0
	acknowledged.Range(func(id, _ any) bool {
		count++
		if got[id.(string)] == 0 {
			t.Errorf("%v was acknowledged and is lost", id)
		}
		return true
	})
	if count < rounds*enough {
		t.Errorf("only %d messages were acknowledged", count)
	}
}

// sendAndDelete gives a compaction something to remove.
func sendAndDelete(t *testing.T, q *queue.Queue) error {
	t.Helper()
	_, err := q.Send(t.Context(), []queue.Entry{{ID: "0", Body: "deleted at once"}})
	if err != nil {
		return err
	}
	messages, err := q.Receive(t.Context(), queue.MaxEntries, 0, time.Minute)
	if err != nil {
		return err
	}
	var receipts []string
	for _, message := range messages {
		receipts = append(receipts, message.Receipt)
	}
	_, err = q.Delete(t.Context(), receipts)
	return err
}

// child is a queue server in a process of its own.
type child struct {
	command     *exec.Cmd
	queue, dead *queue.Queue
}

func startChild(t *testing.T, dir string) child {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childDir+"="+dir)
	var complaints bytes.Buffer
	command.Stderr = &complaints
	_, inputErr := command.StdinPipe()
	output, outputErr := command.StdoutPipe()
	err := errors.Join(inputErr, outputErr, command.Start())
	if err != nil {
		t.Fatal(err)
	}
	c := child{command: command}
	lines := bufio.NewScanner(output)
	if !lines.Scan() {
		c.kill(t)
		t.Fatalf("the child did not start: %s", complaints.String())
	}
	c.queue, c.dead = openAt(t, lines.Text(), name), openAt(t, lines.Text(), "dead")
	return c
}

func (c child) kill(t *testing.T) {
	t.Helper()
	err := c.command.Process.Kill()
	if err != nil {
		t.Errorf("kill the child: %v", err)
	}
	_ = c.command.Wait() // it ended by the signal
}
