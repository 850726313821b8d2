package auth

import (
	"context"
	"net/netip"
	"regexp"

	"gitlab.com/notejam/notejam/platform/rpc"
)

// doorName is the service that sees where requests come from. What another one says of it is not believed.
const doorName = "web"

// knownDevice is what the id of a device looks like: 16 random bytes.
var knownDevice = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

// origin is where a try comes from, for the limits: it stands in no log, event or table, only keyed hashes of its parts do. It is another thing than
// Client, which a person reads in the trail and which says much less.
type origin struct {
	address netip.Addr // invalid when it is not known
	device  string     // one that has signed in to the account before; "" for any other
}

// originOf gives where the call comes from that ctx belongs to.
func originOf(ctx context.Context) origin {
	if rpc.Caller(ctx) != doorName {
		return origin{}
	}
	client := rpc.ClientOf(ctx)
	o := origin{address: parseAddress(client.Address)}
	if knownDevice.MatchString(client.Device) {
		o.device = client.Device
	}
	return o
}

// parseAddress gives an address in its one form; an invalid one for what is none.
func parseAddress(text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// host is what one customer of a network has: an IPv4 address, or 64 bits of IPv6, within which anybody can have as many addresses as they like.
func (o origin) host() string { return o.prefix(32, 64) }

// network is what neighbours share: changing the address within it is easy.
func (o origin) network() string { return o.prefix(24, 64) }

// site is what registries hand out to one customer at the least: who has 48 bits of IPv6 has 65,536 hosts.
func (o origin) site() string { return o.prefix(32, 48) }

// prefix is "" when the address is not known: those are all one.
func (o origin) prefix(bits4, bits6 int) string {
	bits := bits6
	if o.address.Is4() {
		bits = bits4
	}
	prefix, err := o.address.Prefix(bits)
	if err != nil || !o.address.IsValid() {
		return ""
	}
	return prefix.String()
}
