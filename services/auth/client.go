package auth

import (
	"net/netip"
	"regexp"
)

// unknownDevice is the device of which nothing is known.
const unknownDevice = "unknown"

// maxDevice is in characters.
const maxDevice = 40

// Client is the browser or program that somebody signs in with, as web tells it.
type Client struct {
	Device  string // a class of many: "Firefox on Linux"; "" when it is not known
	Network string // a network of many addresses; "" when it is not known
}

// devicePattern lets names of browsers and systems through, and no address, token or sentence.
var devicePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*$`)

// checkDevice gives what is wrong with a device; "" if nothing is.
func checkDevice(device string) string {
	if device != "" && (len(device) > maxDevice || !devicePattern.MatchString(device)) {
		return "Use the names of a browser and its system, at most 40 characters."
	}
	return ""
}

// checkNetwork gives what is wrong with a network; "" if nothing is. A prefix of any other length could be an address.
func checkNetwork(network string) string {
	prefix, err := netip.ParsePrefix(network)
	bits := 48
	if prefix.Addr().Is4() {
		bits = 24
	}
	wrong := err != nil || prefix.Bits() != bits || prefix.Addr().Is4In6() || prefix.Masked().String() != network
	if network != "" && wrong {
		return "Use an IPv4 prefix of 24 bits or an IPv6 prefix of 48."
	}
	return ""
}

// data is what the events of a sign-in say about the client.
func (c Client) data() map[string]any {
	data := map[string]any{"device": c.Device}
	if c.Device == "" {
		data["device"] = unknownDevice
	}
	if c.Network != "" {
		data["network"] = c.Network
	}
	return data
}
