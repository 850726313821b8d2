package local

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// The ports that we choose ourselves lie below the range from which the kernel
// takes the ports of outgoing connections (32768 and up on Linux): one that was
// free a moment ago is not taken by somebody's outgoing connection meanwhile,
// and is still free when a killed service is started again.
const (
	firstPort = 20000
	lastPort  = 32000
)

// freePorts gives n different loopback addresses that nobody listens on.
func freePorts(ctx context.Context, n int) ([]string, error) {
	var addrs []string
	taken := map[int]bool{}
	for tries := 0; len(addrs) < n; tries++ {
		if tries > 100*n {
			return nil, errors.New("no free port was found between 20000 and 32000")
		}
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // a port is no secret
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if taken[port] || probe(ctx, addr) != nil {
			continue
		}
		taken[port] = true
		addrs = append(addrs, addr)
	}
	return addrs, nil
}

// probe says why the address cannot be listened on; nil if it can.
func probe(ctx context.Context, addr string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return listener.Close()
}

// checkAddr says in one sentence why the pages cannot be served there.
func checkAddr(ctx context.Context, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("ADDR=%s is not an address like 127.0.0.1:8000", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("ADDR=%s is not on this machine alone: use a loopback address like 127.0.0.1:8000", addr)
	}
	err = probe(ctx, addr)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the address %s is taken by another program: stop it, or choose another one with ADDR=", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("this user may not listen on %s: choose a port above 1023 with ADDR=", addr)
	default:
		return fmt.Errorf("the address %s cannot be used: %w", addr, err)
	}
}
