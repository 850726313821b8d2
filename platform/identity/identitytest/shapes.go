package identitytest

import (
	"fmt"
	"strings"
)

// shapes are texts that are no token, or are one in another spelling: every
// token has exactly one.
func (f *forger) shapes() {
	good := f.good()
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"nothing":                "",
		"dots":                   "..",
		"no dots":                "abc",
		"two parts":              parts[0] + "." + parts[1],
		"four parts":             good + ".x",
		"five parts":             good + ".x.y",
		"no header":              "." + parts[1] + "." + parts[2],
		"no body":                parts[0] + ".." + parts[2],
		"padding":                good + "==",
		"padding inside":         parts[0] + "=." + parts[1] + "." + parts[2],
		"more at the end":        good + "AA",
		"cut":                    good[:len(good)-1],
		"half":                   good[:len(good)/2],
		"a space before":         " " + good,
		"a space behind":         good + " ",
		"twice Bearer":           "Bearer " + good,
		"in quotes":              `"` + good + `"`,
		"5 KiB":                  good + strings.Repeat("A", 5<<10),
		"as JSON":                `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"two with a comma":       good + "," + good,
		"a personal token":       "nj_pat_0198a000aaaa_" + strings.Repeat("a", 43) + "_1aB2cD",
		"a session":              "nj_ses_" + strings.Repeat("A", 43),
		"a line end in header":   parts[0][:8] + "\n" + parts[0][8:] + "." + parts[1] + "." + parts[2],
		"a line end in the body": parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2],
		"a line end at the end":  good + "\n",
	} {
		f.add(name, token)
	}
	for i, part := range []string{"header", "body", "signature"} {
		spelt, ok := otherBits(parts[i])
		if ok {
			f.add("unused bits of the "+part, replaced(parts, i, spelt))
		}
	}
}

// flips change one letter, at places all over the token.
func (f *forger) flips() {
	parts := strings.Split(f.good(), ".")
	for i, part := range []string{"header", "body", "signature"} {
		for _, at := range []int{0, 1, len(parts[i]) / 2, len(parts[i]) - 2} {
			letters := []byte(parts[i])
			letters[at] = alphabet[(strings.IndexByte(alphabet, letters[at])+1)%len(alphabet)]
			f.add(fmt.Sprintf("letter %d of the %s", at, part), replaced(parts, i, string(letters)))
		}
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// otherBits spells the same bytes in another way: the last letter of a length
// that is no multiple of four has bits that mean nothing. false when there are
// none.
func otherBits(part string) (string, bool) {
	if len(part)%4 == 0 {
		return "", false
	}
	last := strings.IndexByte(alphabet, part[len(part)-1])
	return part[:len(part)-1] + string(alphabet[last^1]), true
}

func replaced(parts []string, i int, by string) string {
	all := append([]string(nil), parts...)
	all[i] = by
	return strings.Join(all, ".")
}
