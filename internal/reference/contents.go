package reference

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/imapform/imapform/config"
)

// contents is a list of the sections, each with those within it on its line.
func contents(page string) string {
	var b strings.Builder
	within := 0
	for _, h := range headings(page) {
		switch {
		case h.level == 2 && h.title != "Contents":
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "- [%s](#%s)", h.title, slug(h.title))
			within = 0
		case h.level == 3:
			b.WriteString(separator(within))
			fmt.Fprintf(&b, "[%s](#%s)", h.title, slug(h.title))
			within++
		}
		if h.criteria {
			for _, arg := range criterionArguments() {
				b.WriteString(separator(within))
				fmt.Fprintf(&b, "[%s](#%s)", arg.Name, arg.Name)
				within++
			}
		}
	}
	return b.String() + "\n"
}

func separator(before int) string {
	if before == 0 {
		return ": "
	}
	return " · "
}

// A heading is one of the page, or else the place of the criteria.
type heading struct {
	level    int
	title    string
	criteria bool
}

func headings(page string) []heading {
	var all []heading
	fenced := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		sharps, title, ok := strings.Cut(line, " ")
		name, isBlock := strings.CutPrefix(line, directive+"block ")
		switch {
		case fenced:
		case isBlock:
			all = append(all, heading{level: 3, title: name})
		case line == directive+"criteria":
			all = append(all, heading{criteria: true})
		case ok && sharps != "" && strings.Trim(sharps, "#") == "":
			all = append(all, heading{level: len(sharps), title: title})
		}
	}
	return all
}

// slug is the anchor that GitHub gives to a heading.
func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, title)
}

// criterionArguments are the criteria: the arguments of an all in a match, which has
// no others.
func criterionArguments() []config.Argument {
	match, _ := blockNamed("match")
	for _, nested := range match.Blocks {
		if nested.Name == "all" {
			return nested.Arguments
		}
	}
	return nil
}

func blockNamed(name string) (config.Block, bool) {
	for _, b := range config.Blocks() {
		if b.Name == name {
			return b, true
		}
	}
	return config.Block{}, false
}
