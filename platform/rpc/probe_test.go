package rpc_test

import (
	"context"
	"crypto/tls"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"gitlab.com/notejam/notejam/proto/policypb"
)

// The probe is a service of two methods, Read and Write, made from descriptors
// so that each test can give them the options it is about.

const (
	probeService = "notejam.probe.v1.ProbeService"
	readMethod   = "/" + probeService + "/Read"
	writeMethod  = "/" + probeService + "/Write"
)

var (
	readPolicy = &policypb.MethodPolicy{
		Scope: "notes:read", Owner: policypb.Owner_OWNER_SELF, Event: "none", Class: policypb.Class_CLASS_LIST,
	}
	writePolicy = &policypb.MethodPolicy{
		Scope: "notes:write", Owner: policypb.Owner_OWNER_SELF, Event: "notejam.probe.thing.created.v1", Class: policypb.Class_CLASS_WRITE,
	}
)

// probeFile describes the probe in a proto package with these policies.
func probeFile(t *testing.T, pkg string, callers []string, read, write *policypb.MethodPolicy) protoreflect.FileDescriptor {
	t.Helper()
	text := func(name string, number int32) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: &number, JsonName: &name,
			Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	options := func(p *policypb.MethodPolicy) *descriptorpb.MethodOptions {
		o := &descriptorpb.MethodOptions{}
		if p != nil {
			proto.SetExtension(o, policypb.E_Policy, p)
		}
		return o
	}
	serviceOptions := &descriptorpb.ServiceOptions{}
	proto.SetExtension(serviceOptions, policypb.E_Callers, callers)
	method := func(name, input string, p *policypb.MethodPolicy) *descriptorpb.MethodDescriptorProto {
		return &descriptorpb.MethodDescriptorProto{
			Name: &name, InputType: proto.String("." + pkg + "." + input), OutputType: proto.String("." + pkg + ".Answer"), Options: options(p),
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String(pkg + ".proto"), Package: &pkg, Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("ReadRequest"), Field: []*descriptorpb.FieldDescriptorProto{text("text", 1)}},
			{Name: proto.String("WriteRequest"), Field: []*descriptorpb.FieldDescriptorProto{text("text", 1), text("request_id", 2)}},
			{Name: proto.String("Answer"), Field: []*descriptorpb.FieldDescriptorProto{text("text", 1)}},
		},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("ProbeService"), Options: serviceOptions,
			Method: []*descriptorpb.MethodDescriptorProto{method("Read", "ReadRequest", read), method("Write", "WriteRequest", write)},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// theProbe is the one that servers in these tests serve.
var theProbe protoreflect.FileDescriptor

func registerProbe(t *testing.T) protoreflect.FileDescriptor {
	t.Helper()
	if theProbe != nil {
		return theProbe
	}
	theProbe = probeFile(t, "notejam.probe.v1", []string{"web"}, readPolicy, writePolicy)
	err := protoregistry.GlobalFiles.RegisterFile(theProbe)
	if err != nil {
		t.Fatal(err)
	}
	return theProbe
}

// handler answers both methods of the probe.
type handler func(ctx context.Context, text string) (string, error)

func describe(file protoreflect.FileDescriptor, handle handler) *grpc.ServiceDesc {
	messages := file.Messages()
	method := func(name string, input protoreflect.MessageDescriptor) grpc.MethodDesc {
		return grpc.MethodDesc{MethodName: name, Handler: func(_ any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
			request := dynamicpb.NewMessage(input)
			err := decode(request)
			if err != nil {
				return nil, err
			}
			info := &grpc.UnaryServerInfo{FullMethod: "/" + probeService + "/" + name}
			return chain(ctx, request, info, func(ctx context.Context, req any) (any, error) {
				text, err := handle(ctx, textOf(req.(proto.Message)))
				if err != nil {
					return nil, err
				}
				return messageWith(messages.ByName("Answer"), text), nil
			})
		}}
	}
	return &grpc.ServiceDesc{
		ServiceName: probeService,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{method("Read", messages.ByName("ReadRequest")), method("Write", messages.ByName("WriteRequest"))},
	}
}

func messageWith(descriptor protoreflect.MessageDescriptor, text string) *dynamicpb.Message {
	m := dynamicpb.NewMessage(descriptor)
	m.Set(descriptor.Fields().ByName("text"), protoreflect.ValueOfString(text))
	return m
}

func textOf(m proto.Message) string {
	reflected := m.ProtoReflect()
	return reflected.Get(reflected.Descriptor().Fields().ByName("text")).String()
}

func dynamicName(name string) protoreflect.Name { return protoreflect.Name(name) }

func valueOf(text string) protoreflect.Value { return protoreflect.ValueOfString(text) }

// registerBare registers a service of gRPC's own, which has no policies.
func registerBare(registrar grpc.ServiceRegistrar) {
	grpc_testing.RegisterTestServiceServer(registrar, grpc_testing.UnimplementedTestServiceServer{})
}

// insecureConns are connections that our servers must not accept.
func insecureConns(t *testing.T, addr string) map[string]*grpc.ClientConn {
	t.Helper()
	conns := map[string]*grpc.ClientConn{}
	for name, creds := range map[string]credentials.TransportCredentials{
		"plain text":     insecure.NewCredentials(),
		"TLS 1.2":        credentials.NewTLS(&tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}),
		"no certificate": credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}),
	} {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(creds))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		conns[name] = conn
	}
	return conns
}

func codeOf(err error) codes.Code { return status.Code(err) }
