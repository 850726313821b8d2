package web

// What REST adds to a call on its way to a service: the etag of a header, update masks as AIP-134 means them, and where
// a sign-in comes from.

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
	"gitlab.com/notejam/notejam/proto/notespb"
)

// restCall is what is known about a call beside its message.
type restCall struct {
	secret       string         // the session's, on calls of a person
	person       string         // the account's id, on calls of a person
	explicitMask bool           // the caller named the fields to update
	ifMatch      string         // the etag that the caller demands
	ifNoneMatch  string         // the etags that the caller has
	client       *authpb.Client // on calls of anybody
}

type restCallKey struct{}

func restCallOf(ctx context.Context) *restCall {
	call, ok := ctx.Value(restCallKey{}).(*restCall)
	if !ok {
		return &restCall{}
	}
	return call
}

// restConn is a connection as the gateway uses it.
type restConn struct {
	grpc.ClientConnInterface
	sessions *sessions
}

// Invoke makes the call. Sessions that were ended by it are dead here at once.
func (c restConn) Invoke(ctx context.Context, method string, request, reply any, options ...grpc.CallOption) error {
	call := restCallOf(ctx)
	switch r := request.(type) {
	case *notespb.UpdateNoteRequest:
		r.UpdateMask = call.mask(r.GetUpdateMask(), r.GetNote())
		r.Note.Etag = call.etag(r.GetNote().GetEtag())
	case *notespb.UpdatePadRequest:
		r.UpdateMask = call.mask(r.GetUpdateMask(), r.GetPad())
		r.Pad.Etag = call.etag(r.GetPad().GetEtag())
	case *notespb.DeleteNoteRequest:
		r.Etag = call.etag(r.GetEtag())
	case *notespb.DeletePadRequest:
		r.Etag = call.etag(r.GetEtag())
	case *authpb.SignInRequest:
		r.Client = call.client // whatever the caller says of itself
	}
	err := c.ClientConnInterface.Invoke(ctx, method, request, reply, options...)
	if _, out := request.(*authpb.SignOutRequest); out && err == nil {
		c.sessions.drop(call.secret)
	}
	if perhapsDone(err) {
		c.forgetEnded(call, request)
	}
	return err
}

// forgetEnded makes this process ask again for the sessions and tokens that a call may have ended beside its own.
func (c restConn) forgetEnded(call *restCall, request any) {
	switch request.(type) {
	case *authpb.ChangePasswordRequest, *authpb.DeleteSessionRequest, *authpb.EndOtherSessionsRequest, *authpb.DeleteTokenRequest:
		c.sessions.forgetPerson(call.person)
	case *authpb.ConfirmPasswordResetRequest:
		c.sessions.forgetEverybody()
	}
}

func (call *restCall) etag(inBody string) string {
	if call.ifMatch != "" {
		return call.ifMatch
	}
	return inBody
}

// mask leaves a mask that the caller wrote alone. One that the library made of the body's fields holds all of them, also
// those that a client sends back as it got them and that no update changes: they are taken out.
func (call *restCall) mask(made *fieldmaskpb.FieldMask, resource proto.Message) *fieldmaskpb.FieldMask {
	if call.explicitMask {
		return made
	}
	kept := &fieldmaskpb.FieldMask{}
	fields := resource.ProtoReflect().Descriptor().Fields()
	for _, path := range made.GetPaths() {
		root, _, _ := strings.Cut(path, ".")
		field := fields.ByName(protoreflect.Name(root))
		if field != nil && root != "etag" && !setByService(field) {
			kept.Paths = append(kept.Paths, path)
		}
	}
	return kept
}

func setByService(field protoreflect.FieldDescriptor) bool {
	behaviours, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, behaviour := range behaviours {
		if behaviour == annotations.FieldBehavior_OUTPUT_ONLY || behaviour == annotations.FieldBehavior_IDENTIFIER {
			return true
		}
	}
	return false
}

// sendETag puts a resource's etag into the header, too.
func sendETag(_ context.Context, w http.ResponseWriter, message proto.Message) error {
	tagged, ok := message.(interface{ GetEtag() string })
	if ok && tagged.GetEtag() != "" {
		w.Header().Set("ETag", `"`+tagged.GetEtag()+`"`)
	}
	return nil
}

// replayedHeader stands in an answer that an earlier request with the same request_id got already.
const replayedHeader = "Idempotent-Replayed"

// tellReplayed says so. An error is never a replay: what failed may be tried again.
func tellReplayed(ctx context.Context, w http.ResponseWriter, _ proto.Message) error {
	said, _ := runtime.ServerMetadataFromContext(ctx)
	if rpc.Replayed(said.TrailerMD) {
		w.Header().Set(replayedHeader, "true")
	}
	return nil
}
