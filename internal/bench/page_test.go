package bench

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Where the measurements go.
const (
	page    = "../../docs/performance.md"
	picture = "../../docs/performance.svg"
)

// writeSection writes what stands between two markers of the page.
func writeSection(name, content string) error {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s: the markers of %q are not there", page, name)
	}
	return os.WriteFile(page, []byte(before+begin+"\n"+content+"\n"+end+after), 0o644)
}

// machine says what measured.
func machine() string {
	return fmt.Sprintf("%d processors, %s/%s, %s.", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// usuals are the measurements of the usual jobs, by size. The others are in the picture.
func usuals(all []measurement) []measurement {
	those := slices.DeleteFunc(slices.Clone(all), func(m measurement) bool { return m.job != usual(m.Messages) })
	slices.SortStableFunc(those, func(m, n measurement) int { return cmp.Compare(m.Messages, n.Messages) })
	return those
}

// table is what was measured, in Markdown.
func table(all []measurement, remark string) string {
	var b strings.Builder
	b.WriteString(machine())
	if remark != "" {
		b.WriteString(" " + strings.ToUpper(remark[:1]) + remark[1:])
	}
	b.WriteString("\n\n| messages | folders | rules | client | phase | wall s | wall s at 40 ms | client CPU s | client MB | server CPU s | commands | round trips | KB up | KB down |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, m := range usuals(all) {
		fmt.Fprintf(&b, "| %d | %d | %d | %s | %s | %s | %s | %s | %d | %s | %d | %d | %d | %d |\n",
			m.Messages, m.Folders, m.Rules, m.Client, m.Phase, seconds(m.Near.Wall), seconds(m.Far), seconds(m.Near.CPU), m.Near.Memory>>20, seconds(m.Server),
			m.Cost.Commands, m.Cost.RoundTrips, m.Cost.Sent/1000, m.Cost.Received/1000)
	}
	return b.String()
}

// waits are the round trips of the first job's phases, a line each.
func waits(all []measurement) string {
	var b strings.Builder
	b.WriteString("```\n")
	for _, m := range all {
		if m.job == all[0].job && m.Client == "imapform" && m.Phase != "plan" { // which is like the beginning of apply
			fmt.Fprintf(&b, "%s\n", m.Phase)
			for i, wait := range m.Cost.waits {
				fmt.Fprintf(&b, "%4d  %s\n", i+1, wait)
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// ratios is the program's cost over the floor's, in Markdown, for the jobs that both did.
func ratios(all []measurement) string {
	var b strings.Builder
	b.WriteString("\nimapform's cost in times of the floor's:\n\n")
	b.WriteString("| messages | folders | rules | phase | wall | wall at 40 ms | client CPU | server CPU | KB down | round trips: imapform, floor |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, m := range usuals(all) {
		i := slices.IndexFunc(all, func(f measurement) bool { return f.Client == "floor" && f.job == m.job && f.Phase == m.Phase })
		if m.Client != "imapform" || i < 0 {
			continue
		}
		f := all[i]
		fmt.Fprintf(&b, "| %d | %d | %d | %s | %s | %s | %s | %s | %s | %d, %d |\n", m.Messages, m.Folders, m.Rules, m.Phase,
			times(m.Near.Wall, f.Near.Wall), times(m.Far, f.Far), times(m.Near.CPU, f.Near.CPU), times(m.Server, f.Server), times(m.Cost.Received, f.Cost.Received),
			m.Cost.RoundTrips, f.Cost.RoundTrips)
	}
	return b.String()
}

// times writes how many times as much something is as something else.
func times[N ~int64](what, of N) string {
	if what < 0 || of <= 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(what)/float64(of))
}

// seconds writes a time with two digits behind the point.
func seconds(d time.Duration) string {
	if d < 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}
