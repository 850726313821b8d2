package tracingtest

import (
	"net"
	"sync"
	"testing"
)

// Refusing is the address of a collector that nobody listens on.
func Refusing(t testing.TB) string {
	t.Helper()
	listener := listen(t)
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String()
}

// Silent is the address of a collector that takes connections and never says a word, until the test ends.
func Silent(t testing.TB) string {
	t.Helper()
	listener := listen(t)
	var taking sync.WaitGroup
	taking.Go(func() {
		var taken []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			taken = append(taken, conn)
		}
		for _, conn := range taken {
			_ = conn.Close()
		}
	})
	t.Cleanup(func() { _ = listener.Close(); taking.Wait() })
	return "http://" + listener.Addr().String()
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
