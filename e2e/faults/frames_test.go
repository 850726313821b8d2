//go:build faults

package faults_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/env"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// attack is what somebody does to the gRPC port who has a certificate of ours: somebody without one gets no further than the handshake.
type attack struct {
	name  string
	plain bool // without TLS
	// do ends early, without an error, when the server has closed the connection.
	do func(a *attacker) error
	// ends says that the server must close the connection.
	ends bool
}

// attacker is one connection to the gRPC port.
type attacker struct {
	conn   net.Conn
	framer *http2.Framer
	block  bytes.Buffer
	pack   *hpack.Encoder
	stream uint32
}

// header is the header block of a call, and begins a stream.
func (a *attacker) header(more ...hpack.HeaderField) []byte {
	a.stream += 2
	a.block.Reset()
	for _, field := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "https"},
		{Name: ":path", Value: notespb.NotesService_ListNotes_FullMethodName},
		{Name: ":authority", Value: "notes"},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"},
	}, more...) {
		_ = a.pack.WriteField(field) // to memory
	}
	return a.block.Bytes()
}

// greet is how a client of HTTP/2 begins.
func (a *attacker) greet() error {
	_, err := io.WriteString(a.conn, http2.ClientPreface)
	return errors.Join(err, a.framer.WriteSettings())
}

func (a *attacker) truncate() error {
	err := a.greet()
	if err != nil {
		return err
	}
	_, err = a.conn.Write([]byte{0, 0, 100, byte(http2.FrameHeaders), byte(http2.FlagHeadersEndHeaders), 0, 0, 0, 1, 'x'})
	closer, ok := a.conn.(interface{ CloseWrite() error })
	if ok {
		err = errors.Join(err, closer.CloseWrite())
	}
	return err
}

// reset begins calls and takes them back, 10,000 a second.
func (a *attacker) reset() error {
	err := a.greet()
	if err != nil {
		return err
	}
	seconds := either(1, 30)
	for range seconds * 100 {
		due := time.After(10 * time.Millisecond)
		for range 100 {
			err = errors.Join(
				a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: a.stream + 2, BlockFragment: a.header(), EndHeaders: true}),
				a.framer.WriteRSTStream(a.stream, http2.ErrCodeCancel),
			)
			if err != nil {
				return err
			}
		}
		<-due
	}
	return nil
}

// continues sends a header that never ends.
func (a *attacker) continues() error {
	err := a.greet()
	if err != nil {
		return err
	}
	err = a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: a.stream + 2, BlockFragment: a.header()})
	for i := 0; i < 100_000 && err == nil; i++ {
		a.block.Reset()
		_ = a.pack.WriteField(hpack.HeaderField{Name: "x-more", Value: strings.Repeat("x", 1024), Sensitive: true}) // to memory
		err = a.framer.WriteContinuation(a.stream, false, a.block.Bytes())
	}
	return err
}

func (a *attacker) pings() error {
	err := a.greet()
	for i := 0; i < 100_000 && err == nil; i++ {
		err = a.framer.WritePing(false, [8]byte{byte(i)})
	}
	return err
}

// boast sends far more metadata than the server said that it takes.
func (a *attacker) boast() error {
	err := a.greet()
	for range 10 {
		block := a.header(hpack.HeaderField{Name: "x-huge", Value: strings.Repeat("x", 1<<20), Sensitive: true})
		err = errors.Join(err, a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: a.stream, BlockFragment: block[:1<<14]}))
		for rest := block[1<<14:]; len(rest) > 0 && err == nil; {
			n := min(len(rest), 1<<14)
			err = a.framer.WriteContinuation(a.stream, n == len(rest), rest[:n])
			rest = rest[n:]
		}
	}
	return err
}

func (a *attacker) noise() error {
	noise := make([]byte, 1<<16)
	_, err := rand.Read(noise)
	if err != nil {
		return err
	}
	_, err = a.conn.Write(noise)
	return err
}

// attacks are those of the row. Calls that are taken back end no connection: gRPC runs no more of them at once than a connection may have streams,
// and reads no further until there is room.
func attacks() []attack {
	return []attack{
		{"raw bytes without TLS", true, (*attacker).noise, true},
		{"raw bytes", false, (*attacker).noise, true},
		{"a frame that is cut off", false, (*attacker).truncate, true},
		{"calls that are taken back at once", false, (*attacker).reset, false},
		{"a header that never ends", false, (*attacker).continues, true},
		{"pings", false, (*attacker).pings, true},
		{"huge metadata", false, (*attacker).boast, true},
	}
}

// closes bounds how long a server may keep a connection that it should close: its time for a handshake, and some more.
const closes = 15 * time.Second

// run attacks once.
func (a attack) run(ctx context.Context, m *fleet.Member, config *tls.Config) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", m.Setting("GRPC_ADDR"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if !a.plain {
		secure := tls.Client(conn, config)
		err = secure.HandshakeContext(ctx)
		if err != nil {
			return err
		}
		conn = secure
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn) // until it is closed, in whatever way
		close(ended)
	}()
	at := &attacker{conn: conn, framer: http2.NewFramer(conn, nil)}
	at.framer.AllowIllegalWrites = true
	at.pack = hpack.NewEncoder(&at.block)
	at.stream = ^uint32(0) // the first one is 1
	err = a.do(at)
	if !a.ends {
		return err
	}
	select {
	case <-ended:
		return nil // what could not be written any more is as it should be
	case <-time.After(closes):
		return errors.Join(errors.New("the connection is still open"), err)
	}
}

// clientTLS is TLS with the certificate of a service, to another.
func (r *rig) clientTLS(as, to string) *tls.Config {
	r.t.Helper()
	own := r.Of(as)[0]
	read := func(name string) []byte {
		text, err := env.ReadPEM(own.Setting(name))
		r.must(err)
		return text
	}
	pair, err := tls.X509KeyPair(read("TLS_CERT"), read("TLS_KEY"))
	r.must(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(read("TLS_CA"))
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool, ServerName: to, NextProtos: []string{"h2"}}
}

func TestN3_WhoAbusesTheGRPCPortIsCutOffAndNobodyNotices(t *testing.T) {
	r := start(t, fleet.Options{})
	m, config := r.Of("notes")[0], r.clientTLS(fleet.Web, "notes")
	before := r.goroutines()
	memory := r.resident(m)
	report := r.meanwhileAt(slowly, func(ctx context.Context) {
		for range either(1, 10) {
			for _, a := range attacks() {
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						err := a.run(ctx, m, config)
						if err != nil {
							t.Errorf("%s: %v", a.name, err)
						}
					})
				}
				all.Wait()
			}
		}
	})
	r.noneFailed(report)
	r.goroutinesAreAsBefore(before)
	if now := r.resident(m); now > memory+2*flat {
		t.Errorf("it had %d MiB of memory, and has %d MiB", memory>>20, now>>20)
	}
	text, err := os.ReadFile(m.Log)
	r.must(err)
	if lines := bytes.Count(text, []byte("TLS handshakes failed")); lines > 1+either(0, 10) {
		t.Errorf("%d lines tell of failed handshakes, want one a minute", lines)
	}
}
