package rpc

import (
	"errors"

	"google.golang.org/grpc/resolver"
)

// keeping is a resolver of which an answer without addresses takes none away. A
// process without descriptors, or a DNS server that has just begun, says that
// there is no such host; gRPC would believe it and end all connections, which
// work.
type keeping struct{ resolver.Builder }

// Build begins to resolve for one connection.
func (k keeping) Build(target resolver.Target, conn resolver.ClientConn, options resolver.BuildOptions) (resolver.Resolver, error) {
	return k.Builder.Build(target, kept{conn}, options)
}

// kept is a connection that is told of addresses.
type kept struct{ resolver.ClientConn }

var errNoAddresses = errors.New("the name has no addresses")

// UpdateState passes them on, if there are any. The resolver tries again after
// an error, with growing pauses.
func (k kept) UpdateState(state resolver.State) error {
	if len(state.Addresses) == 0 && len(state.Endpoints) == 0 {
		k.ReportError(errNoAddresses) // it is for whoever has had none yet
		return errNoAddresses
	}
	return k.ClientConn.UpdateState(state)
}
