// Command storm is `make storm`: it breaks a whole Notejam while people write,
// and prints what is lost, invented or doubled. See package storm.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gitlab.com/notejam/notejam/e2e/storm"
	"gitlab.com/notejam/notejam/local"
	"gitlab.com/notejam/notejam/platform/env"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	ok, err := run(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "storm:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(ctx context.Context) (ok bool, err error) {
	o := storm.Options{Out: os.Stdout}
	flag.DurationVar(&o.Rage, "for", 90*time.Second, "how long it rages")
	flag.DurationVar(&o.Outage, "outage", 15*time.Second, "how long the queue is away")
	flag.DurationVar(&o.Patience, "patience", time.Minute, "lease of events and visibility of messages")
	flag.DurationVar(&o.Settle, "settle", 5*time.Minute, "how long events may take to arrive afterwards")
	flag.IntVar(&o.Crashes, "crashes", 3, "how often the database is killed")
	flag.Uint64Var(&o.Seed, "seed", uint64(time.Now().UnixNano()), "decides who is killed when; that of an earlier run repeats its decisions")
	flag.StringVar(&o.Work, "work", ".cache/storm", "folder for binaries, data and logs")
	flag.StringVar(&o.Root, "root", ".", "the repository")
	flag.StringVar(&o.Bug, "bug", "", "build with this bug of platform/planted, to see it noticed")
	var server local.MySQL
	flag.StringVar(&server.Addr, "mysql", "", "host:port of a database server to use instead of a private one; administrator and password from NOTEJAM_TEST_MYSQL_USER and _PASSWORD")
	kill := flag.String("mysql-kill", "", "command that kills that server")
	start := flag.String("mysql-start", "", "command that starts it again")
	flag.Parse()
	if server.Addr != "" {
		server.User, server.Password = os.Getenv("NOTEJAM_TEST_MYSQL_USER"), env.NewSecret(os.Getenv("NOTEJAM_TEST_MYSQL_PASSWORD"))
		server.Kill, server.Start = strings.Fields(*kill), strings.Fields(*start)
		o.MySQL = &server
	}
	verdict, err := storm.Run(ctx, o)
	if err != nil {
		return false, fmt.Errorf("seed %d: %w", o.Seed, err)
	}
	fmt.Println(verdict)
	return verdict.OK(), nil
}
