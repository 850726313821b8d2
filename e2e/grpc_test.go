package e2e_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"gitlab.com/notejam/notejam/platform/fault"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// dial connects to a service of the shared stack with another service's
// certificate.
func dial(t *testing.T, as, to string) *grpc.ClientConn {
	t.Helper()
	own := stack.Settings(as)
	prefix := strings.ToUpper(as)
	tls, err := rpc.LoadTLS(rpc.TLSFiles{CA: own[prefix+"_TLS_CA"], Cert: own[prefix+"_TLS_CERT"], Key: own[prefix+"_TLS_KEY"]},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: "dns:///" + stack.Settings(to)[strings.ToUpper(to)+"_GRPC_ADDR"], Server: to, TLS: tls,
		Calls: rpc.NewClientMetrics(prometheus.NewRegistry()), Timeout: rpc.Timeout{Default: 5 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// withAccessToken gives a context that calls the audience for the person, as
// web would.
func (p *person) withAccessToken(audience string) context.Context {
	p.t.Helper()
	status, answer := p.api(http.MethodGet, "/v1/notes", nil) // signs in
	if status != http.StatusOK {
		p.t.Fatalf("list notes: %d %v", status, answer)
	}
	client := authinternalpb.NewIdentityServiceClient(dial(p.t, "web", "auth"))
	exchanged, err := client.ExchangeSession(p.t.Context(), &authinternalpb.ExchangeSessionRequest{
		SessionToken: p.token, Audiences: []string{audience},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return rpc.WithToken(p.t.Context(), exchanged.GetAccessTokens()[0].GetToken())
}

func (p *person) notes() (notespb.NotesServiceClient, context.Context) {
	p.t.Helper()
	return notespb.NewNotesServiceClient(dial(p.t, "web", "notes")), p.withAccessToken("notes")
}

// createPad makes a pad by REST and gives its id.
func (p *person) createPad(title string) string {
	p.t.Helper()
	status, pad := p.api(http.MethodPost, "/v1/pads", map[string]string{"title": title})
	if status != http.StatusOK {
		p.t.Fatalf("create a pad: %d %v", status, pad)
	}
	name, _ := pad["name"].(string)
	return strings.TrimPrefix(name, "pads/")
}

func codeOf(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	return fault.KindOf(err).Code()
}
