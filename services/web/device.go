package web

// A device is a class of many: the name of a browser or program and that of its system. Versions and models would tell
// people apart, and are not read. Any User-Agent may lie, so this is for a person's memory and decides nothing.

import "strings"

const (
	unknownDevice = "unknown"
	// maxUserAgent is how much of a User-Agent is looked at: twice the longest of a known browser.
	maxUserAgent = 512
)

// mark is a part of User-Agents that tells whose they are.
type mark struct{ part, name string }

// browsers in the order in which they are looked for: most say that they are Chrome, too, and all that they are Safari.
var browsers = []mark{
	{"Edg", "Edge"},
	{"OPR/", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"},
	{"Firefox/", "Firefox"},
	{"FxiOS/", "Firefox"},
	{"Chrome/", "Chrome"},
	{"CriOS/", "Chrome"},
	{"Safari/", "Safari"},
	{"curl/", "curl"},
	{"Wget/", "Wget"},
	{"python-", "Python"},
	{"Go-http-client/", "Go"},
}

// systems likewise: Android says that it is Linux, too.
var systems = []mark{
	{"Android", "Android"},
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Windows", "Windows"},
	{"CrOS", "ChromeOS"},
	{"Macintosh", "macOS"},
	{"Linux", "Linux"},
}

// deviceOf reads a User-Agent: "Firefox on Linux", "curl", "unknown".
func deviceOf(userAgent string) string {
	userAgent = userAgent[:min(len(userAgent), maxUserAgent)]
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	switch {
	case browser == "":
		return unknownDevice
	case system == "":
		return browser
	}
	return browser + " on " + system
}

func find(marks []mark, userAgent string) string {
	for _, m := range marks {
		if strings.Contains(userAgent, m.part) {
			return m.name
		}
	}
	return ""
}
