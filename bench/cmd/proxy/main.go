// Command proxy serves notes by package proxy. The bench starts it with web's
// settings in its environment: it connects as web does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"gitlab.com/notejam/notejam/bench/proxy"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where notes are served")
	flag.Parse()
	err := run(*addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

// timeout is web's for a read.
const timeout = 2 * time.Second

func run(addr string) error {
	set := env.New(os.LookupEnv)
	files := rpc.TLSSettings(set, "WEB")
	targets := map[string]string{
		"auth":  set.Required("WEB_AUTH_TARGET", "gRPC target of auth"),
		"notes": set.Required("WEB_NOTES_TARGET", "gRPC target of notes"),
	}
	err := set.Err()
	if err != nil {
		return err
	}
	tls, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	calls := rpc.NewClientMetrics(prometheus.NewRegistry())
	conns := map[string]*grpc.ClientConn{}
	for name, target := range targets {
		conns[name], err = rpc.Dial(rpc.ClientConfig{Target: target, Server: name, TLS: tls, Calls: calls, Timeout: rpc.Timeout{Default: timeout}})
		if err != nil {
			return err
		}
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // ends Serve
	handler := &proxy.Proxy{Auth: authinternalpb.NewIdentityServiceClient(conns["auth"]), Notes: notespb.NewNotesServiceClient(conns["notes"])}
	mux := http.NewServeMux()
	mux.Handle("/v1/notes/", handler)
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	err = http.Serve(listener, mux) //nolint:gosec // default settings are the point of it, and it serves this machine alone
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}
