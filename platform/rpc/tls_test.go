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

func TestAStrangersCertificateIsRefusedInTheHandshake(t *testing.T) {
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
	foreign.CA = ours.CA // it trusts us; we must not trust it
	for name, files := range map[string]rpc.TLSFiles{"foreign CA": foreign, "expired": expired} {
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

func TestPlainTextAndOldTLSAreRefused(t *testing.T) {
	r := newRig(t, 1, echo)
	for name, conn := range insecureConns(t, r.addr) {
		err := conn.Invoke(t.Context(), readMethod, messageWith(theProbe.Messages().ByName("ReadRequest"), "x"),
			dynamicpb.NewMessage(theProbe.Messages().ByName("Answer")))
		if codeOf(err) != codes.Unavailable {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
