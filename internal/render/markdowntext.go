package render

import (
	"strings"
	"unicode/utf16"
)

// mostName and mostText are how much of a name, and of a sentence with names in it, a
// code span shows, in units of UTF-16.
const (
	mostName = 160
	mostText = 600
)

// lengthOf is how long text is for those who count in UTF-16, which is never less than
// its characters.
func lengthOf(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// code is text as a code span. Within one, nothing but a backtick means anything to
// Markdown; in a table a bar does, too, whatever stands before it.
func code(s safe, most int) string {
	text := strings.NewReplacer("`", `\u0060`, "|", `\u007c`).Replace(string(cut(s, most)))
	if strings.TrimSpace(text) == "" {
		text = `""`
	}
	return "`" + text + "`"
}

// cut is text of so many units at most.
func cut(s safe, most int) safe {
	n, end := 0, 0
	for i, r := range s {
		n += utf16.RuneLen(r)
		if n > most {
			return s[:end] + "…"
		}
		if n < most {
			end = i + len(string(r))
		}
	}
	return s
}

// fenced is text as a code block, which no line within can end.
func fenced(language, text string) string {
	text = strings.ReplaceAll(text, "```", `\u0060\u0060\u0060`)
	return "```" + language + "\n" + strings.TrimSuffix(text, "\n") + "\n```\n"
}

// folded is a code block that is shown when its title is clicked at.
func folded(title, language, text string) string {
	return "\n<details>\n<summary>" + title + "</summary>\n\n" + fenced(language, text) + "\n</details>\n"
}

// fit joins as many items, from the first one, as there is room for, and tells how
// many there was no room for; what makes of that number the text that follows them.
func fit(items []string, room int, left func(int) string) string {
	whole := strings.Join(items, "")
	if lengthOf(whole) <= room {
		return whole
	}
	room -= lengthOf(left(len(items)))
	var b strings.Builder
	for i, item := range items {
		if room -= lengthOf(item); room < 0 {
			return b.String() + left(len(items)-i)
		}
		b.WriteString(item)
	}
	return b.String()
}
