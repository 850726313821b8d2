package web

// Where a request comes from, as far as anybody is told: what kind of program, and which network. The address itself
// goes nowhere, neither into a log nor to a service.

import (
	"net/http"
	"net/netip"
	"strings"

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
