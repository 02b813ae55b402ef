package render

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
)

// A sourceLine is a line of a configuration file as it may be shown, in three
// parts; the middle one is what a diagnostic is about.
type sourceLine struct {
	number              int
	before, mark, after string
}

// snippet shows in which module a problem was found, where its diagnostic points,
// and the values there.
func (p *page) snippet(d *hcl.Diagnostic) []safe {
	var shown []safe
	if module := config.ModuleOf(d); module != "" {
		shown = append(shown, "  in "+clean(module))
	}
	if d.Subject == nil || d.Subject.Filename == "" {
		return shown
	}
	where := "on " + clean(d.Subject.Filename) + " line " + number(d.Subject.Start.Line)
	lines, in := source(d, p.o.Files)
	if in != "" {
		where += ", in " + clean(in)
	}
	if len(lines) == 0 {
		return append(shown, "  "+where+":", "  (source code not available)")
	}
	shown = append(shown, "  "+where+":")
	for _, line := range lines {
		shown = append(shown, p.sourceLine(line)...)
	}
	if values := valuesOf(d); len(values) > 0 {
		shown = append(shown, "    "+p.dim("├────────────────"))
		for i, v := range values {
			var lead safe = "with "
			if i > 0 {
				lead = "     "
			}
			shown = append(shown, "    "+p.dim("│")+" "+lead+p.bold(clean(v.Traversal))+" "+clean(v.Statement))
		}
	}
	return shown
}

// sourceLine shows a line; without colour, what is marked is marked below it.
func (p *page) sourceLine(l sourceLine) []safe {
	head := pad("", 4-len(number(l.number))) + number(l.number) + ": "
	before, mark, after := tabless(l.before), tabless(l.mark), tabless(l.after)
	shown := []safe{head + before + p.underline(mark) + after}
	if mark != "" && !p.o.Color {
		shown = append(shown, pad("", columns(head)+columns(before))+safe(strings.Repeat("^", columns(mark))))
	}
	return shown
}

// tabless is clean with spaces for tabs.
func tabless(s string) safe { return clean(strings.ReplaceAll(s, "\t", "  ")) }

// source returns the lines of a diagnostic's range, and the block that it stands
// in.
func source(d *hcl.Diagnostic, files config.Files) (lines []sourceLine, in string) {
	file := files[d.Subject.Filename]
	if file == nil || file.Bytes == nil {
		return nil, ""
	}
	if nav, ok := file.Nav.(interface{ ContextString(int) string }); ok {
		in = nav.ContextString(d.Subject.Start.Byte)
	}
	marked := markable(*d.Subject)
	shown := marked
	if d.Context != nil && d.Context.Filename == d.Subject.Filename {
		shown = hcl.RangeOver(marked, *d.Context)
	}
	secrets := secretsOf(d.Subject.Filename, file.Bytes)
	// A range that ends in the next line's first column has nothing of that line.
	scanner := hcl.NewRangeScanner(file.Bytes, d.Subject.Filename, bufio.ScanLines)
	for scanner.Scan() {
		if r := scanner.Range(); r.Overlaps(shown) {
			lines = append(lines, partsOf(r, marked, string(bytes.TrimRight(scanner.Bytes(), "\r")), secrets))
		}
	}
	return clippedLines(lines), in
}

// markable widens an empty range to one character, so that there is something to
// mark.
func markable(r hcl.Range) hcl.Range {
	if r.Empty() {
		r.End.Byte++
		r.End.Column++
	}
	return r
}

// secretsOf are the secrets of a file, in their order, none within another.
func secretsOf(name string, src []byte) []span {
	found := secretSpans
	if strings.HasSuffix(name, ".json") {
		found = secretSpansJSON
	}
	var apart []span
	for _, s := range slices.SortedFunc(slices.Values(found(src)), func(a, b span) int { return a.from - b.from }) {
		if last := len(apart) - 1; last >= 0 && s.from < apart[last].to {
			apart[last].to = max(apart[last].to, s.to)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}

// partsOf cuts a line in three at the bytes of the marked range, and hides secrets.
func partsOf(line, marked hcl.Range, text string, secrets []span) sourceLine {
	clamp := func(offset int) int { return min(max(0, offset-line.Start.Byte), len(text)) }
	var within []span
	for _, s := range secrets {
		if here := (span{clamp(s.from), clamp(s.to)}); here.from < here.to {
			within = append(within, here)
		}
	}
	text, from, to := hideSecrets(text, clamp(marked.Start.Byte), clamp(marked.End.Byte), within)
	return sourceLine{number: line.Start.Line, before: text[:from], mark: text[from:to], after: text[to:]}.clipped()
}

// hideSecrets replaces secrets in a line and returns where its mark lies then.
func hideSecrets(text string, from, to int, secrets []span) (string, int, int) {
	for _, s := range slices.Backward(secrets) {
		text = text[:s.from] + hiddenSecret + text[s.to:]
		from = movedOffset(from, s.from, s.to, s.from)
		to = movedOffset(to, s.from, s.to, s.from+len(hiddenSecret))
	}
	return text, from, max(from, to)
}

// movedOffset is where an offset lies after the text from start to end was
// replaced; one within it comes to lie at inside.
func movedOffset(offset, start, end, inside int) int {
	switch {
	case offset <= start:
		return offset
	case offset >= end:
		return offset + len(hiddenSecret) - (end - start)
	default:
		return inside
	}
}

// maxColumns is how long a line is shown; what lies far from the mark is left out.
const maxColumns = 200

func (l sourceLine) clipped() sourceLine {
	if runes(l.before)+runes(l.mark)+runes(l.after) <= maxColumns {
		return l
	}
	if before := []rune(l.before); len(before) > maxColumns/4 {
		l.before = "…" + string(before[len(before)-maxColumns/4:])
	}
	for _, part := range []*string{&l.mark, &l.after} {
		if text := []rune(*part); len(text) > maxColumns*3/8 {
			*part = string(text[:maxColumns*3/8]) + "…"
		}
	}
	return l
}

// maxLines is how many lines are shown, of which leadLines stand before the first
// that is marked.
const (
	maxLines  = 8
	leadLines = 3
)

func clippedLines(lines []sourceLine) []sourceLine {
	if len(lines) <= maxLines {
		return lines
	}
	first := max(0, slices.IndexFunc(lines, func(l sourceLine) bool { return l.mark != "" })-leadLines)
	return lines[first:min(first+maxLines, len(lines))]
}

// runes is the number of characters, which JSON's readers count in.
func runes(s string) int { return utf8.RuneCountInString(s) }
