package bench

import (
	"cmp"
	"fmt"
	"maps"
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

// colours of the phases' lines.
var colours = map[string]string{
	"plan": "#1f77b4", "apply": "#2ca02c", "nothing": "#ff7f0e", "known": "#9467bd", "again": "#8c564b", "news": "#d62728",
}

// dashes of the clients' lines.
var dashes = map[string]string{"imapform": "none", "floor": "1 3", "imapfilter": "7 4"}

// Measures of the picture, in pixels.
const (
	panelWidth, panelHeight = 300, 240
	left, top               = 50, 40
	picWidth, picHeight     = 3*(panelWidth+left) + 20, panelHeight + 120
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
	for _, phase := range phases {
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, picHeight-44, colours[phase.name], x+16, picHeight-38, phase.name)
		x += 100
	}
	x = left
	for _, client := range slices.Sorted(maps.Keys(dashes)) {
		fmt.Fprintf(&b, `<path d="M%d %d h40" stroke="black" stroke-width="1.5" stroke-dasharray="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, picHeight-20, dashes[client], x+46, picHeight-16, client)
		x += 140
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// A curve is what goes through points: a phase of a client.
type curve struct{ client, phase string }

func (m measurement) curve() curve { return curve{m.Client, m.Phase} }

// draw draws a panel: one line a client and phase, through the jobs that differ from
// the first in nothing but what grows.
func (a axis) draw(b *strings.Builder, all []measurement) {
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", panelWidth, panelHeight)
	points := map[curve][]measurement{}
	var order []curve
	least, most := math.Inf(1), 0.0
	for _, m := range all {
		if a.rest(m.job) == a.rest(all[0].job) {
			if points[m.curve()] == nil {
				order = append(order, m.curve())
			}
			points[m.curve()] = append(points[m.curve()], m)
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
	marks := map[int]bool{}
	for _, c := range order {
		slices.SortFunc(points[c], func(m, n measurement) int { return cmp.Compare(a.of(m.job), a.of(n.job)) })
		var path []string
		for _, m := range points[c] {
			x, y := across(m), height(m.Near.Wall.Seconds())
			path = append(path, fmt.Sprintf("%.1f,%.1f", x, y))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2" fill="%s"/>`+"\n", x, y, colours[c.phase])
			if n := a.of(m.job); !marks[n] {
				marks[n] = true
				fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x, panelHeight+14, n)
			}
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5" stroke-dasharray="%s"/>`+"\n", strings.Join(path, " "), colours[c.phase], dashes[c.client])
	}
}

// height is where a time stands: 0.01 s below, 100 s above.
func height(s float64) float64 {
	return panelHeight * (1 - (math.Log10(min(max(s, 0.01), 100))+2)/4)
}
