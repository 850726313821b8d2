package web

// The picture of the last days: a bar for each, drawn here. Places and widths are shares of the whole, so that the
// picture fits every width and its letters keep their size.

import (
	"fmt"
	"strconv"
	"time"
)

const (
	// barShare is how much of its day a bar is wide; the rest parts it from the next.
	barShare = 0.72
	// leastBar keeps the bar of a single entry in sight beside a day with hundreds, as a share of the highest.
	leastBar = 0.05
	// lastMonthDay is the last day, counted from today, at whose place the name of a month still fits.
	lastMonthDay = 9
)

// picture draws how many activities there were on each day; now, in the person's zone, is in the last of them.
func picture(counts []int32, now time.Time) *Picture {
	year, month, date := now.Date()
	today := time.Date(year, month, date, 0, 0, 0, 0, time.UTC) // calendar days, which all have 24 hours there
	days := len(counts)
	if days == 0 {
		return nil
	}
	drawn := &Picture{Days: days}
	var all, most int64
	var mostOn time.Time
	for i, count := range counts {
		all += int64(count)
		if count > 0 && int64(count) >= most {
			most, mostOn = int64(count), today.AddDate(0, 0, i-days+1)
		}
	}
	drawn.Sentence = pictureSentence(all, days, mostOn, today)
	for i, count := range counts {
		day := today.AddDate(0, 0, i-days+1)
		left := float64(i) / float64(days)
		if day.Day() == 1 && days-i > lastMonthDay {
			drawn.Months = append(drawn.Months, PictureMonth{Left: percent(left), Name: day.Format("January")})
		}
		if count > 0 {
			height := max(leastBar, float64(count)/float64(most))
			drawn.Bars = append(drawn.Bars, PictureBar{
				Left: percent(left), Width: percent(barShare / float64(days)), Top: percent(1 - height), Height: percent(height),
				Words: day.Format("2 January") + ": " + entries(int64(count)),
			})
		}
	}
	return drawn
}

func pictureSentence(all int64, days int, most, today time.Time) string {
	last := fmt.Sprintf(" in the last %d days", days)
	on := " on " + most.Format("2 January")
	if most.Equal(today) {
		on = " today"
	}
	switch all {
	case 0:
		return "No entries" + last + "."
	case 1:
		return "1 entry" + last + "," + on + "."
	default:
		return entries(all) + last + ", most" + on + "."
	}
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return thousands(n) + " entries"
}

// percent writes a share as SVG wants it.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) + "%" }
