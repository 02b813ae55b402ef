package bench

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// An axis is what grows while the rest stays.
type axis struct {
	title string
	of    func(j job) int
	rest  func(j job) job // the job without it
}

var axes = []axis{
	{"messages", func(j job) int { return j.Messages }, func(j job) job { j.Messages = 0; return j }},
	{"rules", func(j job) int { return j.Rules }, func(j job) job { j.Rules = 0; return j }},
	{"folders", func(j job) int { return j.Folders }, func(j job) job { j.Folders = 0; return j }},
}

// colours of the lines, by client and phase.
var colours = map[string]string{
	"imapform plan": "#1f77b4", "imapform apply": "#2ca02c", "imapform nothing": "#ff7f0e",
	"imapfilter apply": "#7f7f7f", "imapfilter nothing": "#bcbd22",
}

// Measures of the picture, in pixels.
const (
	panelWidth, panelHeight = 300, 240
	left, top               = 50, 40
	picWidth, picHeight     = 3*(panelWidth+left) + 20, panelHeight + 110
)

// curves draws near wall times over what grows, both on logarithmic scales.
func curves(all []measurement) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", picWidth, picHeight)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", picWidth, picHeight)
	for i, a := range axes {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", left+i*(panelWidth+left), top)
		a.draw(&b, all)
		b.WriteString("</g>\n")
	}
	x := left
	for _, name := range slices.Sorted(keys(all)) {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, picHeight-24, colours[name], x+16, picHeight-18, name)
		x += 150
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// keys are the lines that there are.
func keys(all []measurement) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range all {
			if !seen[m.line()] && !yield(m.line()) {
				return
			}
			seen[m.line()] = true
		}
	}
}

// line is the name of the line that a measurement is a point of.
func (m measurement) line() string { return m.Client + " " + m.Phase }

// draw draws a panel: one line a client and phase, through the jobs that differ from
// the first in nothing but what grows.
func (a axis) draw(b *strings.Builder, all []measurement) {
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", panelWidth, panelHeight)
	lines := map[string][]measurement{}
	least, most := math.Inf(1), 0.0
	for _, m := range all {
		if a.rest(m.job) == a.rest(all[0].job) {
			lines[m.line()] = append(lines[m.line()], m)
			least, most = min(least, float64(a.of(m.job))), max(most, float64(a.of(m.job)))
		}
	}
	fmt.Fprintf(b, `<text x="%d" y="-12" text-anchor="middle">seconds over %s</text>`+"\n", panelWidth/2, a.title)
	for e := range 5 { // 0.01 s to 100 s
		value := math.Pow10(e - 2)
		fmt.Fprintf(b, `<path d="M0 %.1f H%d" stroke="#ddd"/><text x="-4" y="%.1f" text-anchor="end">%g</text>`+"\n", height(value), panelWidth, height(value)+4, value)
	}
	across := func(m measurement) float64 {
		if most == least {
			return panelWidth / 2
		}
		return 12 + math.Log(float64(a.of(m.job))/least)/math.Log(most/least)*(panelWidth-24)
	}
	for _, name := range slices.Sorted(keys(all)) {
		points := slices.SortedFunc(slices.Values(lines[name]), func(m, n measurement) int { return cmp.Compare(a.of(m.job), a.of(n.job)) })
		var path []string
		for _, m := range points {
			x, y := across(m), height(m.Near.Wall.Seconds())
			path = append(path, fmt.Sprintf("%.1f,%.1f", x, y))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x, y, colours[name], x, panelHeight+14, a.of(m.job))
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s"/>`+"\n", strings.Join(path, " "), colours[name])
	}
}

// height is where a time stands: 0.01 s below, 100 s above.
func height(s float64) float64 {
	return panelHeight * (1 - (math.Log10(min(max(s, 0.01), 100))+2)/4)
}
