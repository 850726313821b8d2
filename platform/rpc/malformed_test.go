package rpc_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/platform/rpc/rpctest"
)

func TestN5_AMessageThatCannotBeReadIsRefusedAndLoggedLikeAnyOther(t *testing.T) {
	r := newRig(t, 4, func(context.Context, string) (string, error) {
		t.Error("the handler ran")
		return "", nil
	})
	conn := r.dial(r.tls("web"), "notes")
	for name, test := range map[string]struct {
		message, token string
		want           codes.Code
	}{
		"ends too early": {"\x0a\x7fx", "ann", codes.InvalidArgument},
		"is no UTF-8":    {"\x0a\x02\xff\xfe", "ann", codes.InvalidArgument},
		"is of nobody":   {"\x0a\x7fx", "", codes.Unauthenticated},
		"is too large":   {strings.Repeat("x", 4<<20), "ann", codes.ResourceExhausted},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if test.token != "" {
				ctx = rpc.WithToken(ctx, test.token)
			}
			err := conn.Invoke(ctx, readMethod, []byte(test.message), nil, grpc.ForceCodec(rpctest.RawCodec{}))
			if codeOf(err) != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	if n := strings.Count(r.log.String(), `"code":"InvalidArgument","took_us"`); n != 2 {
		t.Errorf("%d log lines of malformed messages, want 2: %s", n, r.log)
	}
}
