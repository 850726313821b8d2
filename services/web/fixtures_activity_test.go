package web

import (
	"math"
	"strings"
)

// activityFixtures are the states of the pages about the trail.
func activityFixtures() []fixture {
	const request = "0190f3c4-1111-7000-8000-00000000000"
	activity := ActivityView{
		Layout:  without(fixtureLayout("Activity"), func(l *Layout) { l.Nav, l.Here = nil, hereActivity }),
		Picture: picture(fixtureCounts(), testNow),
		Filter:  activityFilter{}.form(),
		Rows: []ActivityRow{
			{Before: "You deleted ", Thing: "a pad", After: " and its 12 notes.", RequestID: request + "1", At: today},
			{Before: "You edited, renamed and moved ", Thing: "a note", Path: "/notes/n1/", After: ".", RequestID: request + "2", At: today},
			{Before: "You renamed ", Thing: "a pad", Path: "/pads/p1/", After: ".", RequestID: request + "3", At: today},
			{Before: "You signed in.", From: "Firefox on Linux, 203.0.113.0/24", RequestID: request + "4", At: today},
			{Before: "3 failed tries to sign in.", From: "198.51.100.0/24", At: today},
			{Before: "A session ended because your password was changed.", RequestID: request + "5", At: yesterday},
			{Before: "You changed your password.", RequestID: request + "5", At: yesterday},
			{Before: "You created ", Thing: "a pad", Path: "/pads/p1/", After: ".", RequestID: request + "6", At: yesterday},
			{Before: "You signed in.", From: "Chrome on Android, 2001:db8:1234::/48", RequestID: request + "7", At: When{"3 days ago", "2026-11-20T09:00:00.000Z"}},
			{Before: "A deleted note was removed for good.", At: When{"7 days ago", "2026-11-16T09:00:00.000Z"}},
			{Before: "Something happened that this page has no words for: notejam." + strings.Repeat("moon", 20) + ".landed.v9.", RequestID: request + "8", At: longAgo},
			{Before: "You signed up.", RequestID: request + "9", At: longAgo},
		},
		Newest: activityPath,
		Next:   activityPath + "?page=after",
	}
	filtered, empty, none := activity, activity, activity
	filtered.Filter = activityFilter{kind: "pads", from: dayOf("2026-11-01"), to: dayOf("2026-11-30")}.form()
	filtered.Rows, filtered.Newest, filtered.Next = activity.Rows[2:3], "", ""
	filtered.Picture = picture(days(map[int]int32{0: 1}), testNow)
	none.Filter = filtered.Filter
	none.Rows, none.Newest, none.Next = nil, "", ""
	empty.Rows, empty.Newest, empty.Next = nil, "", ""
	empty.Picture = picture(days(nil), testNow)
	away := ActivityView{Layout: activity.Layout, Notice: sayNoActivity}

	verify := VerifyView{
		Layout:    without(activity.Layout, func(l *Layout) { l.Heading = "Verify your activity" }),
		RequestID: request + "0",
	}
	whole, unsigned, part, found, verifyAway := verify, verify, verify, verify, verify
	signed := When{Text: "yesterday at 22:04", Exact: yesterday.Exact}
	whole.Result, whole.Signed, whole.SignedEntries = "All 1,234 entries are as they were recorded.", signed, "1,200 entries"
	unsigned.Result, unsigned.Unsigned = "The one entry is as it was recorded.", true
	part.Notice, part.Result, part.Next = sayVerifyStops, "Nothing is wrong in the first 50,000 entries. The check is not at its end yet.", "after"
	found.Finding, found.Advice, found.Entry = "Entry 1,201 is not what it was when it was recorded.", sayWhatToDo, request+"1"
	found.Signed, found.SignedEntries = signed, "1,200 entries"
	verifyAway.Notice = sayNoVerify
	return []fixture{
		{"activity", pageActivity, activity},
		{"activity_filtered", pageActivity, filtered},
		{"activity_none", pageActivity, none},
		{"activity_empty", pageActivity, empty},
		{"activity_away", pageActivity, away},
		{"verify_whole", pageVerify, whole},
		{"verify_unsigned", pageVerify, unsigned},
		{"verify_part", pageVerify, part},
		{"verify_found", pageVerify, found},
		{"verify_away", pageVerify, verifyAway},
	}
}

// fixtureCounts is a quarter of a year in waves, with quiet days.
func fixtureCounts() []int32 {
	counts := days(nil)
	for i := range counts {
		wave := 9 * math.Sin(float64(i)/5) * math.Sin(float64(i)*1.9)
		counts[i] = int32(max(0, math.Round(wave+2)))
	}
	counts[41], counts[89] = 24, 5
	return counts
}
