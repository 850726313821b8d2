package web

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// days are 90 of them without activities, but for the days counted from today.
func days(counts map[int]int32) []int32 {
	all := make([]int32, 90)
	for ago, count := range counts {
		all[89-ago] = count
	}
	return all
}

func TestPicture_SaysInASentenceWhatItShows(t *testing.T) {
	for want, counts := range map[string][]int32{
		"No entries in the last 90 days.":                       days(nil),
		"1 entry in the last 90 days, on 3 November.":           days(map[int]int32{20: 1}),
		"1 entry in the last 90 days, today.":                   days(map[int]int32{0: 1}),
		"212 entries in the last 90 days, most on 3 November.":  days(map[int]int32{20: 150, 0: 30, 89: 32}),
		"1,500 entries in the last 90 days, most today.":        days(map[int]int32{0: 1500}),
		"4 entries in the last 90 days, most on 22 November.":   days(map[int]int32{1: 2, 5: 2}),
		"2 entries in the last 3 days, most on 21 November.":    {2, 0, 0},
		"3 entries in the last 90 days, most on 26 August.":     days(map[int]int32{89: 3}),
		"20 entries in the last 90 days, most on 31 October.":   days(map[int]int32{23: 20}),
		"300 entries in the last 90 days, most on 1 September.": days(map[int]int32{83: 299, 2: 1}),
	} {
		if got := picture(counts, testNow).Sentence; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if picture(nil, testNow) != nil {
		t.Error("there is a picture of no days")
	}
}

func TestPicture_HasABarForEachDayWithEntries(t *testing.T) {
	got := picture(days(map[int]int32{0: 200, 45: 100, 89: 1}), testNow)
	want := []PictureBar{
		{Left: "0.00%", Width: "0.80%", Top: "95.00%", Height: "5.00%", Words: "26 August: 1 entry"},
		{Left: "48.89%", Width: "0.80%", Top: "50.00%", Height: "50.00%", Words: "9 October: 100 entries"},
		{Left: "98.89%", Width: "0.80%", Top: "0.00%", Height: "100.00%", Words: "23 November: 200 entries"},
	}
	if diff := cmp.Diff(want, got.Bars); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	months := []PictureMonth{{"6.67%", "September"}, {"40.00%", "October"}, {"74.44%", "November"}}
	if diff := cmp.Diff(months, got.Months); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPicture_CountsDaysThatHaveNo24Hours(t *testing.T) {
	zone, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2018, 11, 20, 0, 0, 0, 0, zone)                                                 // as audit sends it
	if got := picture(days(map[int]int32{16: 1}), now).Bars[0].Words; got != "4 November: 1 entry" { // its midnight was skipped
		t.Errorf("got %q", got)
	}
}

func TestPicture_LeavesANameOutThatWouldNotFit(t *testing.T) {
	for date, want := range map[int]bool{5: false, 9: false, 10: true} {
		got := picture(days(nil), time.Date(2026, 11, date, 0, 0, 0, 0, time.UTC))
		if there := slices.ContainsFunc(got.Months, func(m PictureMonth) bool { return m.Name == "November" }); there != want {
			t.Errorf("on the %dth of November its name is there: %v", date, there)
		}
	}
}
