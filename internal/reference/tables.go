package reference

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// block is a type of block with its heading, and the blocks in it.
func block(name string) string {
	b, ok := blockNamed(name)
	if !ok {
		return ""
	}
	text := "### " + name + "\n\n" + described(b)
	for _, nested := range b.Blocks {
		text += "\nIn it, " + described(nested)
	}
	return text
}

// described is what a block is for, with its arguments unless they are the
// criteria, which have a table of their own.
func described(b config.Block) string {
	text := fmt.Sprintf("`%s`: %s\n", form(b), sentence(b.Doc))
	criteria := criterionArguments()
	others := slices.DeleteFunc(slices.Clone(b.Arguments), func(arg config.Argument) bool { return slices.Contains(criteria, arg) })
	return text + arguments(others)
}

// form is how a block is written.
func form(b config.Block) string {
	if b.Label == "" {
		return b.Name + " { … }"
	}
	return b.Name + ` "NAME" { … }`
}

func arguments(args []config.Argument) string {
	if len(args) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("\n| argument | takes | left out | meaning |\n|---|---|---|---|\n")
	for _, arg := range args {
		fallback := code(arg.Default)
		switch {
		case arg.Required:
			fallback = "required"
		case literal.MatchString(arg.Default):
			fallback = "`" + arg.Default + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", arg.Name, taken(arg.Value), fallback, sentence(arg.Doc))
	}
	return out.String()
}

// literal is a default that is a value, not words.
var literal = regexp.MustCompile(`^(\d+|true|false|any|".*"|\[.*\])$`)

// criteria is the arguments of a match, each with an anchor.
func criteria() string {
	var out strings.Builder
	out.WriteString("| criterion | takes | holds if |\n|---|---|---|\n")
	for _, arg := range criterionArguments() {
		fmt.Fprintf(&out, "| <a id=\"%s\"></a>`%s` | %s | %s |\n", arg.Name, arg.Name, taken(arg.Value), code(arg.Doc))
	}
	return out.String()
}

// attributes are those of message.
func attributes() string {
	var out strings.Builder
	out.WriteString("| attribute | is | where |\n|---|---|---|\n")
	for _, a := range rules.Attributes() {
		where := "everywhere"
		if a.Placed {
			where = "`where` only"
		}
		fmt.Fprintf(&out, "| `message.%s` | %s | %s |\n", a.Name, code(a.Doc), where)
	}
	return out.String()
}

// explained says which section explains what an argument takes.
var explained = map[string]string{
	"a folder":                            "Names",
	"a folder or a list of them":          "Names",
	"a folder's name":                     "Names",
	"a list of flags and keywords":        "Flags and keywords",
	"a list of folder names and patterns": "Patterns",
	"a special use":                       "Special uses",
	"address test":                        "Address tests",
	"age":                                 "Ages, dates and sizes",
	"date":                                "Ages, dates and sizes",
	"list of flags or keywords":           "Flags and keywords",
	"list test":                           "List tests",
	"map of text tests":                   "Headers",
	"named match":                         "match",
	"part test":                           "Part tests",
	"size":                                "Ages, dates and sizes",
	"text test":                           "Text tests",
	"text test without raw":               "Text of messages",
	"true, false or a part test":          "Part tests",
}

func taken(value string) string {
	if title, ok := explained[value]; ok {
		return fmt.Sprintf("[%s](#%s)", value, slug(title))
	}
	return code(value)
}

// functions is a table of each kind of functions.
func functions() string {
	var out strings.Builder
	for i, group := range config.Functions() {
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "| %s | gives |\n|---|---|\n", group.Name)
		for _, f := range group.Functions {
			fmt.Fprintf(&out, "| `%s` | %s |\n", f.Signature, sentence(f.Doc))
		}
	}
	return out.String()
}

// uses lists the special uses, with those that patterns leave out by themselves.
func uses() string {
	var all, hidden []string
	for _, use := range mailbox.Uses() {
		all = append(all, fmt.Sprintf("`%s`", use))
		if use.Hidden() {
			hidden = append(hidden, fmt.Sprintf("`%s`", use))
		}
	}
	return strings.Join(all, ", ") + ". Patterns leave out " + strings.Join(hidden, ", ") + ".\n"
}

// words that stand for themselves in the language.
var words = regexp.MustCompile(`\{ [^{}]* \}|([a-z_]+ = )?"[^"]*"|\b[a-z]+(_[a-z]+)+( = true)?\b|\b(special|var|local|account|folder|match|module|each)\.(…|[a-zA-Z]+(\[[A-Z]+\]|\.[A-Z]+)?)|\\[A-Z][a-z]+`)

// code marks what is language in a text.
func code(text string) string { return words.ReplaceAllString(text, "`$0`") }

// sentence gives a text of a table a capital and a full stop.
func sentence(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if first, _, _ := strings.Cut(text, " "); !words.MatchString(first) {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return code(strings.TrimSuffix(text, ".") + ".")
}
