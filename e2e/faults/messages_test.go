//go:build faults

package faults_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gitlab.com/notejam/notejam/e2e/fleet"
	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
	_ "gitlab.com/notejam/notejam/proto/auditinternalpb" // the contracts that are gone through
	_ "gitlab.com/notejam/notejam/proto/auditpb"
	"gitlab.com/notejam/notejam/proto/authinternalpb"
	_ "gitlab.com/notejam/notejam/proto/authpb"
	_ "gitlab.com/notejam/notejam/proto/notesinternalpb"
	_ "gitlab.com/notejam/notejam/proto/notespb"
)

// dial connects to all replicas of a service, as web does.
func (r *rig) dial(to string) *grpc.ClientConn {
	r.t.Helper()
	own := r.Of(fleet.Web)[0]
	tls, err := rpc.LoadTLS(rpc.TLSFiles{CA: own.Setting("TLS_CA"), Cert: own.Setting("TLS_CERT"), Key: own.Setting("TLS_KEY")}, slog.New(slog.DiscardHandler))
	r.must(err)
	conn, err := rpc.Dial(rpc.ClientConfig{
		Target: r.Target(to), Server: to, TLS: tls, Calls: rpc.NewClientMetrics(prometheus.NewRegistry()), Timeout: rpc.Timeout{Default: 5 * time.Second},
	})
	r.must(err)
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// accessToken is what web would call the service with for somebody.
func (r *rig) accessToken(auth grpc.ClientConnInterface, audience string) string {
	r.t.Helper()
	answer, err := authinternalpb.NewIdentityServiceClient(auth).ExchangeSession(r.t.Context(), &authinternalpb.ExchangeSessionRequest{
		SessionToken: r.traffic.Session(), Audiences: []string{audience},
	})
	r.must(err)
	return answer.GetAccessTokens()[0].GetToken()
}

// methods are those of a service's contracts.
func methods(service string) []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(file.Package()), "notejam."+service+".") {
			for i := range file.Services().Len() {
				for j := range file.Services().Get(i).Methods().Len() {
					all = append(all, file.Services().Get(i).Methods().Get(j))
				}
			}
		}
		return true
	})
	return all
}

// nonsense are messages that no client of ours sends to a method.
func nonsense(input protoreflect.MessageDescriptor) map[string][]byte {
	all := map[string][]byte{
		"noise":               make([]byte, 100),
		"ends too early":      append(protowire.AppendTag(nil, 1, protowire.BytesType), 0x7f, 'x'),
		"a group without end": protowire.AppendTag(nil, 1, protowire.StartGroupType),
		"field 0":             {0x02, 0x01, 'x'},
		"unknown fields":      protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), "unknown"),
		"too large":           protowire.AppendBytes(protowire.AppendTag(nil, 9999, protowire.BytesType), make([]byte, 4<<20)),
	}
	for i := range all["noise"] {
		all["noise"][i] = byte(rand.Uint32())
	}
	var wrong, text []byte
	for i := range input.Fields().Len() {
		field := input.Fields().Get(i)
		if field.Kind() == protoreflect.StringKind {
			text = protowire.AppendString(protowire.AppendTag(text, field.Number(), protowire.BytesType), "\xff\xfe")
			wrong = protowire.AppendVarint(protowire.AppendTag(wrong, field.Number(), protowire.VarintType), 1)
		} else {
			wrong = protowire.AppendFixed64(protowire.AppendTag(wrong, field.Number(), protowire.Fixed64Type), 1)
		}
	}
	all["wrong types"] = wrong
	if text != nil {
		all["no UTF-8"] = text
	}
	return all
}

// mayBe are the codes that nonsense may be answered with. A call that web may not make is refused before anybody asks what it says; and a field that is
// not known, which a type that is not the contract's makes of it, is passed over, so that the rest is a message like any other.
var mayBe = map[codes.Code]bool{codes.InvalidArgument: true, codes.ResourceExhausted: true, codes.Unimplemented: true, codes.PermissionDenied: true}

var passedOver = map[codes.Code]bool{codes.OK: true, codes.NotFound: true, codes.Unauthenticated: true, codes.FailedPrecondition: true}

func TestN5_NonsenseIsToldToBeNonsenseByEveryMethod(t *testing.T) {
	r := start(t, fleet.Options{})
	auth := r.dial("auth")
	asked := 0
	for _, service := range fleet.Kept {
		conn := r.dial(service)
		ctx := rpc.WithToken(t.Context(), r.accessToken(auth, service))
		for _, method := range methods(service) {
			path := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
			for name, message := range nonsense(method.Input()) {
				asked++
				code := ask(ctx, conn, path, message)
				harmless := name == "unknown fields" || name == "wrong types"
				if !mayBe[code] && (!harmless || !passedOver[code]) {
					t.Errorf("%s, %s: %v", path, name, code)
				}
			}
		}
		if code := ask(ctx, conn, "/notejam."+service+".v1.NoService/None", nil); code != codes.Unimplemented {
			t.Errorf("%s: a method that is not there: %v", service, code)
		}
	}
	if asked < 100 {
		t.Errorf("only %d calls were made", asked)
	}
	t.Logf("%d calls", asked)
	r.noneFailed(r.meanwhileAt(slowly, func(ctx context.Context) { pause(ctx, time.Second) }))
}

func ask(ctx context.Context, conn *grpc.ClientConn, path string, message []byte) codes.Code {
	return status.Code(conn.Invoke(ctx, path, message, nil, grpc.ForceCodec(rpctest.RawCodec{})))
}
