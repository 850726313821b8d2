package rpc_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

// counter gives the value of a counter without labels.
func (r *rig) counter(name string) float64 {
	r.t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	r.t.Errorf("there is no metric %s", name)
	return 0
}

// wantRefused says that all of n strangers were counted, that one line tells of
// them, and that there is none of a call and nobody whose trail would tell of one.
func (r *rig) wantRefused(n int) {
	r.t.Helper()
	over := time.After(5 * time.Second)
	failed, lines := 0.0, 0
	for waiting := true; waiting && (failed < float64(n) || lines == 0); { // the stranger may know before the server has counted
		failed, lines = r.counter("rpc_server_handshakes_failed_total"), strings.Count(r.log.String(), "TLS handshakes failed")
		select {
		case <-over:
			waiting = false
		case <-time.After(time.Millisecond):
		}
	}
	if failed < float64(n) || lines != 1 {
		r.t.Errorf("%v handshakes are counted and %d lines are logged, want %d or more and 1", failed, lines, n)
	}
	if strings.Contains(r.log.String(), `"msg":"rpc"`) || len(r.denied.all()) > 0 {
		r.t.Errorf("a call began: %s %v", r.log, r.denied.all())
	}
}

// TestN4_AStrangersCertificateIsRefusedInTheHandshake has certificates that are none of ours, or name not one service. One of ours for another service is
// heard and refused by the policy (TestWhoMayNotCallIsRefusedBeforeTheHandler), with a line for each call; and if it had a person's token, the
// person's trail tells of it, unlike in the matrix: somebody in our network has that token.
func TestN4_AStrangersCertificateIsRefusedInTheHandshake(t *testing.T) {
	r := newRig(t, 4, echo)
	foreignCA, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := foreignCA.Issue("web")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := r.ca.Issue("web")
	if err != nil {
		t.Fatal(err)
	}
	expired, err := r.ca.IssueUntil(time.Now().Add(-time.Minute), "expired")
	if err != nil {
		t.Fatal(err)
	}
	nameless, err := r.ca.Issue("twofold", "web")
	if err != nil {
		t.Fatal(err)
	}
	foreign.CA = ours.CA // it trusts us; we must not trust it
	strangers := map[string]rpc.TLSFiles{"foreign CA": foreign, "expired": expired, "not one name": nameless}
	for name, files := range strangers {
		t.Run(name, func(t *testing.T) {
			as, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			_, err = call(rpc.WithToken(t.Context(), "ann"), r.dial(as, "notes"), readMethod, "x")
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("got %v", err)
			}
		})
	}
	r.wantRefused(len(strangers))
}

func TestACertificateMayComeAsTextInsteadOfFiles(t *testing.T) {
	r := newRig(t, 4, echo)
	files, err := r.ca.Issue("web")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range []string{files.CA, files.Cert, files.Key} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(content))
	}
	as, err := rpc.LoadTLS(rpc.TLSFiles{CA: texts[0], Cert: texts[1], Key: texts[2]}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = call(rpc.WithToken(t.Context(), "ann"), r.dial(as, "notes"), readMethod, "x")
	if err != nil {
		t.Error(err)
	}
}

func TestNoErrorShowsAPrivateKeyThatCameAsText(t *testing.T) {
	ca, err := rpctest.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	files, err := ca.Issue("web")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(files.Key)
	if err != nil {
		t.Fatal(err)
	}
	broken := string(key[:len(key)/2])
	_, err = rpc.LoadTLS(rpc.TLSFiles{CA: files.CA, Cert: files.Cert, Key: broken}, slog.New(slog.DiscardHandler))
	if err == nil || strings.Contains(err.Error(), broken[30:]) {
		t.Errorf("got %v", err)
	}
}

func TestAReplacedCertificateIsUsedWithoutARestart(t *testing.T) {
	r := newRig(t, 4, echo)
	files, err := r.ca.IssueUntil(time.Now().Add(-time.Minute), "web") // expired
	if err != nil {
		t.Fatal(err)
	}
	as, err := rpc.LoadTLS(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx := rpc.WithToken(t.Context(), "ann")
	_, err = call(ctx, r.dial(as, "notes"), readMethod, "x")
	if fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("the expired certificate: %v", err)
	}
	_, err = r.ca.Issue("web") // same files
	if err != nil {
		t.Fatal(err)
	}
	_, err = call(ctx, r.dial(as, "notes"), readMethod, "x")
	if err != nil {
		t.Errorf("after the replacement: %v", err)
	}
	err = os.WriteFile(files.Cert, []byte("broken"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = call(ctx, r.dial(as, "notes"), readMethod, "x")
	if err != nil {
		t.Errorf("with a broken replacement the last good one must serve: %v", err)
	}
}

func TestN4_PlainTextOldTLSAndNoCertificateAreRefused(t *testing.T) {
	r := newRig(t, 1, echo)
	conns := insecureConns(t, r.addr)
	for name, conn := range conns {
		err := conn.Invoke(t.Context(), readMethod, messageWith(theProbe.Messages().ByName("ReadRequest"), "x"),
			dynamicpb.NewMessage(theProbe.Messages().ByName("Answer")))
		if codeOf(err) != codes.Unavailable {
			t.Errorf("%s: got %v", name, err)
		}
	}
	r.wantRefused(len(conns))
}
