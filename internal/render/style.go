package render

import "github.com/fatih/color"

// A style colours text, or leaves it as it is.
type style func(safe) safe

// styles are the colours of Terraform's plans.
type styles struct {
	bold, dim, underline     style
	green, yellow, red, blue style
}

func stylesOf(o Options) styles {
	return styles{
		bold:      paint(o, color.Bold),
		dim:       paint(o, color.FgHiBlack),
		underline: paint(o, color.Underline),
		green:     paint(o, color.FgGreen),
		yellow:    paint(o, color.FgYellow),
		red:       paint(o, color.FgRed),
		blue:      paint(o, color.FgCyan),
	}
}

func paint(o Options, attributes ...color.Attribute) style {
	if !o.Color {
		return func(s safe) safe { return s }
	}
	c := color.New(attributes...)
	c.EnableColor() // whatever the library makes of the process's own terminal
	return func(s safe) safe { return safe(c.Sprint(string(s))) }
}
