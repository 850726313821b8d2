package mysql_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/mysql"
	"gitlab.com/notejam/notejam/platform/mysql/mysqltest"
)

func TestWithAuthoritiesTheServerMustProveItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeCertificate(t, dir, "good", net.IPv4(127, 0, 0, 1))
	writeCertificate(t, dir, "foreign", net.IPv4(127, 0, 0, 1))
	server, err := mysqltest.StartServer(t.Context(), mysqltest.ServerConfig{
		Dir: filepath.Join(dir, "server"), Addr: "127.0.0.1:0", Fast: true,
		Args: []string{"--ssl-cert=" + dir + "/good.pem", "--ssl-key=" + dir + "/good.key", "--require-secure-transport=ON"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Kill() }()
	ping := func(authorities string) error {
		cfg := mysql.Config{Addr: server.Addr, User: server.User, Password: server.Password, MaxOpen: 1, TLSCA: authorities}
		return open(t, cfg, prometheus.NewRegistry()).Ping(t.Context())
	}
	err = ping(dir + "/good.pem")
	if err != nil {
		t.Errorf("with the server's own authority: %v", err)
	}
	text, err := os.ReadFile(dir + "/good.pem")
	if err != nil {
		t.Fatal(err)
	}
	err = ping(string(text))
	if err != nil {
		t.Errorf("with that authority as text: %v", err)
	}
	err = ping(dir + "/foreign.pem")
	if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with a foreign authority: %v", err)
	}
	err = ping("")
	if err == nil {
		t.Error("without TLS: it connected")
	}
}

// writeCertificate makes a server's certificate that is its own authority, as name.pem and name.key.
func writeCertificate(t *testing.T, dir, name string, address net.IP) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{address},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		name + ".pem": {Type: "CERTIFICATE", Bytes: certificate},
		name + ".key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		err = os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}
}
