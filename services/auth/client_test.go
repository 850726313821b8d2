package auth

import (
	"strings"
	"testing"
)

func TestADeviceIsAFewNames(t *testing.T) {
	for device, ok := range map[string]bool{
		"":                              true,
		"unknown":                       true,
		"curl":                          true,
		"Firefox on Linux":              true,
		"Samsung Internet on Android":   true,
		"a" + strings.Repeat("b", 39):   true,
		"a" + strings.Repeat("b", 40):   false,
		"ada@example.org":               false,
		"203.0.113.7":                   false,
		"2001:db8::1":                   false,
		"Mozilla/5.0 (X11; Linux)":      false,
		" Firefox":                      false,
		"Firefox  on Linux":             false,
		"Firefox on Linux\n":            false,
		"nj_ses_AAAAAAAAAAAAAAAAAAAAAA": false,
		"Fire\u0301fox":                 false,
		"<b>":                           false,
	} {
		sentence := checkDevice(device)
		if (sentence == "") != ok {
			t.Errorf("%q: %q", device, sentence)
		}
	}
}

func TestANetworkIsNeverAnAddress(t *testing.T) {
	for network, ok := range map[string]bool{
		"":                      true,
		"203.0.113.0/24":        true,
		"2001:db8:7::/48":       true,
		"203.0.113.7":           false,
		"203.0.113.7/24":        false,
		"203.0.113.7/32":        false,
		"203.0.0.0/16":          false,
		"203.0.113.0/024":       false,
		"203.000.113.0/24":      false,
		"2001:db8:7::1/48":      false,
		"2001:db8:7:1::/64":     false,
		"2001:db8::1/128":       false,
		"2001:DB8:7::/48":       false,
		"2001:db8:7:0::/48":     false,
		"::ffff:203.0.113.0/48": false,
		"::/0":                  false,
		"fe80::%eth0/48":        false,
		"here":                  false,
		" 203.0.113.0/24":       false,
	} {
		sentence := checkNetwork(network)
		if (sentence == "") != ok {
			t.Errorf("%q: %q", network, sentence)
		}
	}
}
