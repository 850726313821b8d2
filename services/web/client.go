package web

// Where a request comes from. People are told what kind of program it was, and which network. The address itself is for limits alone, here and in auth: it
// goes beside a message and never in one, and into no log.

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"gitlab.com/notejam/notejam/platform/rpc"
	"gitlab.com/notejam/notejam/proto/authpb"
)

// clients tells requests' clients apart from the proxies before us.
type clients struct {
	proxies int // how many stand between clients and us, each of which adds its peer to X-Forwarded-For
}

// of tells what auth may know of a request's client.
func (c clients) of(r *http.Request) *authpb.Client {
	return &authpb.Client{Device: deviceOf(r.UserAgent()), Network: networkOf(c.address(r))}
}

// address is the client's, or none. Without proxies it is the connection's. With them it is the entry that the outermost
// one added, counted from the right: what stands left of it the client may have made up.
func (c clients) address(r *http.Request) netip.Addr {
	if c.proxies == 0 {
		return parseAddress(r.RemoteAddr)
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if len(hops) < c.proxies {
		return netip.Addr{} // it did not come through all of them, so that nothing in it can be trusted
	}
	return parseAddress(strings.TrimSpace(hops[len(hops)-c.proxies]))
}

// parseAddress reads an address, with or without a port.
func parseAddress(text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil {
		withPort, _ := netip.ParseAddrPort(text)
		address = withPort.Addr()
	}
	return address.Unmap().WithZone("")
}

// host is whom limits count: an IPv4 address, or the 64 bits of IPv6 in which anybody can have as many addresses as they like; "" for nobody known.
func (c clients) host(r *http.Request) string {
	address := c.address(r)
	if address.Is6() {
		prefix, err := address.Prefix(64)
		if err != nil {
			return ""
		}
		address = prefix.Addr()
	}
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

// tell makes calls with the context say where the request came from; device is one that is known to the account, or "".
func (c clients) tell(ctx context.Context, r *http.Request, device string) context.Context {
	return rpc.WithClient(ctx, rpc.Client{Address: c.host(r), Device: device})
}

// networkOf gives the prefix that an address shares with many: 24 bits of IPv4, 48 of IPv6, as registries hand them out.
func networkOf(address netip.Addr) string {
	bits := 48
	if address.Is4() {
		bits = 24
	}
	prefix, err := address.Prefix(bits)
	if err != nil || !address.IsValid() {
		return ""
	}
	return prefix.String()
}
