package rpc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"

	"gitlab.com/notejam/notejam/platform/env"
)

// TLSFiles names the PEM files that a service proves itself with: the private
// CA that every peer must come from, and its own certificate and key. Each may
// also be the text itself.
type TLSFiles struct {
	CA, Cert, Key string
}

// TLSSettings reads the three.
func TLSSettings(s *env.Set, prefix string) TLSFiles {
	return TLSFiles{
		CA:   s.Required(prefix+"_TLS_CA", "PEM file, or its text, of the private CA that every calling and called service's certificate must come from"),
		Cert: s.Required(prefix+"_TLS_CERT", "PEM file, or its text, of this service's certificate; its one DNS name is the service's name"),
		Key:  s.Required(prefix+"_TLS_KEY", "PEM file, or its text, of the certificate's private key"),
	}
}

// TLS is a service's side of mutual TLS. It looks at the files at every
// handshake, so that a certificate is replaced without a restart; a broken
// replacement is logged and the last good one stays. Texts stay as they are.
type TLS struct {
	files TLSFiles
	log   *slog.Logger

	mu     sync.Mutex
	stamps [3]stamp
	pair   tls.Certificate
	pool   *x509.CertPool
}

// stamp tells whether a file changed.
type stamp struct {
	modified time.Time
	size     int64
}

// LoadTLS reads the files; they must be good at the start.
func LoadTLS(files TLSFiles, log *slog.Logger) (*TLS, error) {
	t := &TLS{files: files, log: log}
	err := t.reload()
	if err != nil {
		return nil, err
	}
	return t, nil
}

// reload reads the files again if one of them changed.
func (t *TLS) reload() error {
	var stamps [3]stamp
	for i, name := range []string{t.files.CA, t.files.Cert, t.files.Key} {
		if env.IsPEM(name) {
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("look at TLS file: %w", err)
		}
		stamps[i] = stamp{info.ModTime(), info.Size()}
	}
	if t.pool != nil && stamps == t.stamps {
		return nil
	}
	authority, err := env.ReadPEM(t.files.CA)
	if err != nil {
		return fmt.Errorf("read TLS CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return errors.New("the TLS CA holds no certificate")
	}
	certificate, err := env.ReadPEM(t.files.Cert)
	if err != nil {
		return fmt.Errorf("read TLS certificate: %w", err)
	}
	key, err := env.ReadPEM(t.files.Key)
	if err != nil {
		return fmt.Errorf("read TLS key: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("read TLS certificate: %w", err)
	}
	t.stamps, t.pool, t.pair = stamps, pool, pair
	return nil
}

// current gives what holds now.
func (t *TLS) current() (tls.Certificate, *x509.CertPool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.reload()
	if err != nil {
		t.log.Error("the changed TLS files are not used", "error", err)
	}
	return t.pair, t.pool
}

func (t *TLS) serverConfig() *tls.Config {
	pair, pool := t.current()
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := peerName(state)
			return err
		},
	}
}

func (t *TLS) clientConfig(server string) *tls.Config {
	pair, pool := t.current()
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ServerName:   server,
	}
}

// peerName gives the one name in the peer's certificate. More than one would
// let a service answer to a name that the policies did not mean.
func peerName(state tls.ConnectionState) (string, error) {
	if len(state.PeerCertificates) == 0 {
		return "", errors.New("peer has no certificate")
	}
	names := state.PeerCertificates[0].DNSNames
	if len(names) != 1 {
		return "", fmt.Errorf("peer's certificate has %d names, not one", len(names))
	}
	return names[0], nil
}

// reloading are gRPC credentials that make a fresh TLS configuration for every
// handshake. peer is the name that a called server must prove; empty on a
// server, which counts the handshakes that fail.
type reloading struct {
	*TLS
	peer       string
	handshakes *handshakes // nil on a client
}

var _ credentials.TransportCredentials = reloading{}

func (r reloading) ClientHandshake(ctx context.Context, authority string, c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return credentials.NewTLS(r.clientConfig(r.peer)).ClientHandshake(ctx, authority, c)
}

func (r reloading) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := credentials.NewTLS(r.serverConfig()).ServerHandshake(c)
	if err != nil {
		r.handshakes.fail(c.RemoteAddr(), err)
	}
	return conn, info, err
}

func (r reloading) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

func (r reloading) Clone() credentials.TransportCredentials { return r }

func (r reloading) OverrideServerName(string) error {
	return errors.New("the peer's name is given once, in ClientConfig")
}
