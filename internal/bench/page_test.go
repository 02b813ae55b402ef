package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Where the measurements go.
const (
	page  = "../../docs/performance.md"
	curve = "../../docs/performance.svg"
	begin = "<!-- measured -->\n"
	end   = "<!-- /measured -->\n"
)

// writePage writes the table between the markers of the page, and the curves.
func writePage(all []measurement, remark string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return errors.New(page + ": the markers are not there")
	}
	if err := os.WriteFile(page, []byte(before+begin+table(all, remark)+end+after), 0o644); err != nil {
		return err
	}
	return os.WriteFile(curve, []byte(curves(all)), 0o644)
}

// table is what was measured, in Markdown.
func table(all []measurement, remark string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d processors, %s/%s, %s.", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	if remark != "" {
		b.WriteString(" " + strings.ToUpper(remark[:1]) + remark[1:])
	}
	b.WriteString("\n\n| messages | folders | rules | client | phase | wall s | wall s at 40 ms | client CPU s | client MB | server CPU s | commands | round trips | KB up | KB down |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| %d | %d | %d | %s | %s | %s | %s | %s | %d | %s | %d | %d | %d | %d |\n",
			m.Messages, m.Folders, m.Rules, m.Client, m.Phase, seconds(m.Near.Wall), seconds(m.Far), seconds(m.Near.CPU), m.Near.Memory>>20, seconds(m.Server),
			m.Cost.Commands, m.Cost.RoundTrips, m.Cost.Sent/1000, m.Cost.Received/1000)
	}
	b.WriteString("\n")
	return b.String()
}

// seconds writes a time with two digits behind the point.
func seconds(d time.Duration) string {
	if d < 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}
