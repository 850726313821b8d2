// Command vuln looks for known vulnerabilities that our services can reach, with govulncheck:
//
//	vuln -db file:///path/to/database path/to/repository path/to/waivers.txt auth notes audit web
//
// A finding whose code a service really calls blocks, unless a waiver says until when it may stay and why. What is only imported or required is told.
// The database is the public one unless -db names another. The exit code is 0 when nothing blocks, 1 when something does, 2 when it could not look.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	database := flag.String("db", "", "URL of the database; empty: the public one")
	flag.Parse()
	if flag.NArg() < 3 {
		fmt.Fprintln(os.Stderr, "usage: vuln [-db URL] path/to/repository path/to/waivers.txt service...")
		os.Exit(2)
	}
	v, err := run(context.Background(), *database, flag.Arg(0), flag.Arg(1), flag.Args()[2:], time.Now())
	if err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(2)
	}
	for _, line := range v.told {
		fmt.Println(line)
	}
	for _, line := range v.blocking {
		fmt.Fprintln(os.Stderr, "vuln:", line)
	}
	if len(v.blocking) > 0 {
		os.Exit(1)
	}
}

// run looks at the services, and judges what it finds.
func run(ctx context.Context, database, root, waiversPath string, services []string, now time.Time) (verdict, error) {
	waivers, err := readWaivers(waiversPath)
	if err != nil {
		return verdict{}, err
	}
	found, err := scanned(ctx, root, database, services)
	if err != nil {
		return verdict{}, err
	}
	return judge(found, waivers, now), nil
}
