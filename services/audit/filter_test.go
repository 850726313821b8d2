package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFilter_IsReadAsItIsWritten(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.UTC()
	}
	for text, want := range map[string]filter{
		``:                                     everything,
		`type = "notejam.notes.pad.*"`:         {"notejam.notes.pad.", 18, firstTime, lastTime},
		`type="a.b"`:                           {"a.b", wholeType, firstTime, lastTime},
		`type = "*"`:                           {"", 0, firstTime, lastTime},
		`type = "50%_off"`:                     {"50%_off", wholeType, firstTime, lastTime},
		`occur_time >= "2026-03-04T05:06:07Z"`: {"", 0, at("2026-03-04T05:06:07Z"), lastTime},
		`occur_time < "2026-03-04T05:06:07.123456+01:00" AND type = "x" AND  occur_time>="2026-03-04T00:00:00Z" `: {
			"x", wholeType, at("2026-03-04T00:00:00Z"), at("2026-03-04T04:06:07.123456Z"),
		},
		// Between two microseconds.
		`occur_time >= "2026-03-04T05:06:07.1234561Z" AND occur_time < "2026-03-04T05:06:07.123456001Z"`: {
			"", 0, at("2026-03-04T05:06:07.123457Z"), at("2026-03-04T05:06:07.123457Z"),
		},
		// Farther than the database's calendar goes.
		`occur_time >= "0001-01-01T00:00:00Z" AND occur_time < "9999-12-31T23:59:59-12:00"`: everything,
	} {
		got, ok := parseFilter(text)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(filter{})); diff != "" || !ok {
			t.Errorf("%s: %v\n%s", text, ok, diff)
		}
	}
}

func TestFilter_WhatIsNoneIsRefused(t *testing.T) {
	for _, text := range []string{
		" ", `x`, `type`, `type = notes`, `type = 'x'`, `type = ""`, `type = "a*b"`, `type = "**"`, `type = "a b"`, `type = "ü"`, `type = "a\"b"`,
		`type >= "x"`, `type < "x"`, `occur_time = "2026-03-04T05:06:07Z"`, `occur_time <= "2026-03-04T05:06:07Z"`, `occur_time > "2026-03-04T05:06:07Z"`,
		`occur_time >= "yesterday"`, `occur_time >= "2026-03-04"`, `occur_time >= ""`,
		`type = "x" AND type = "x"`, `type = "x" OR type = "y"`, `type = "x" and occur_time < "2026-03-04T05:06:07Z"`, `type = "x" AND `, ` AND type = "x"`,
		`(type = "x")`, `NOT type = "x"`, `source = "notes"`, `type = "` + strings.Repeat("x", 81) + `"`, `type = "x"` + strings.Repeat(" ", 300),
		"type = \"x\x00\"", `type = "x"; DROP TABLE events`,
	} {
		got, ok := parseFilter(text)
		if ok || got != everything {
			t.Errorf("%s was taken as %+v", text, got)
		}
	}
}
