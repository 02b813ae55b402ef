package cli

import (
	"bytes"
	"cmp"
	"errors"
	"flag"

	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// planForm is the form in which plans are shown. The zero value: as text, all of it.
type planForm struct {
	summary      bool
	markdown     bool
	markdownInto string // the file for Markdown besides the text; empty: none
	markdownKey  string // tells the comment from those of other configurations; empty: there are none
}

func (f *planForm) flags(fs *flag.FlagSet) {
	fs.BoolVar(&f.summary, "summary", false, "Show only how much would change: a line an account, and the total.")
	fs.BoolVar(&f.markdown, "markdown", false, "Write the plan to standard output as Markdown, for a comment on a pull request.")
	fs.Func("markdown-into", "Write the plan as Markdown into this `FILE`, and the text as without.", file(&f.markdownInto, "markdown-into"))
	fs.Func("markdown-key", "Begin the Markdown with a hidden line that has this `KEY`, for each configuration in a repository to update its own comment.", markdownKey(&f.markdownKey))
}

// markdownKey takes the key of a comment from a flag.
func markdownKey(key *string) func(string) error {
	return func(s string) error {
		if _, err := render.Marker(s); s == "" || err != nil {
			return cmp.Or(err, errors.New("write it as -markdown-key=KEY"))
		}
		*key = s
		return nil
	}
}

// check refuses what cannot be meant together.
func (f planForm) check(o output, samples int) error {
	exclude := func(a, b, detail string) error {
		return &problem{"The flags -" + a + " and -" + b + " exclude each other", detail}
	}
	const one = "Each of them says what standard output is to hold: leave one of them out. To have the other one besides, use -json-into or -markdown-into."
	switch {
	case o.json && f.markdown:
		return exclude("json", "markdown", one)
	case o.json && f.summary:
		return exclude("json", "summary", one)
	case f.markdown && f.summary:
		return exclude("markdown", "summary", one)
	case f.markdown && f.markdownInto != "":
		return exclude("markdown", "markdown-into", "Both write the same, the one to standard output, the other into a file beside the text: leave one of them out.")
	case f.markdownKey != "" && !f.markdown && f.markdownInto == "":
		return &problem{"The flag -markdown-key is for Markdown", "It tells a comment from others: use it with -markdown or -markdown-into."}
	case o.json && samples >= 0:
		return errNoSamples
	case f.summary && samples >= 0:
		return exclude("summary", "samples", "A summary shows no messages.")
	}
	return nil
}

// errNoSamples refuses to show machines what is for people only.
var errNoSamples = &problem{"The flags -json and -samples exclude each other", "What is written for machines holds no senders and subjects."}

// write shows the plans in the form.
func (f planForm) write(inv *invocation, plans []*plan.Plan, o render.Options, samples int) error {
	if f.markdownInto != "" {
		if err := f.writeInto(inv, plans, o, samples); err != nil {
			return err
		}
	}
	switch {
	case f.markdown:
		return render.Markdown(inv.Stdout, plans, markdownOptions(o, samples, f.markdownKey))
	case f.summary:
		return render.Summary(inv.Stdout, plans, o)
	default:
		return render.Plan(inv.Stdout, plans, o)
	}
}

// mayWriteMarkdown says whether Markdown can be written into a file, before any time is
// spent on the plan. Without a name none is to be.
func (inv *invocation) mayWriteMarkdown(file string) error {
	if file == "" {
		return nil
	}
	if err := inv.mayCreate(file); err != nil {
		return &problem{"Cannot write to " + file, sentence(err.Error())}
	}
	return nil
}

// writeInto writes the plans as Markdown into a file.
func (f planForm) writeInto(inv *invocation, plans []*plan.Plan, o render.Options, samples int) error {
	var text bytes.Buffer
	if err := render.Markdown(&text, plans, markdownOptions(o, samples, f.markdownKey)); err != nil {
		return err
	}
	if err := writeWhole(inv.path(f.markdownInto), text.Bytes()); err != nil {
		return &problem{"Cannot write to " + f.markdownInto, sentence(err.Error())}
	}
	return nil
}

// markdownOptions are those of text, for others to read: there are no samples unless
// somebody asked for them.
func markdownOptions(o render.Options, samples int, key string) render.MarkdownOptions {
	return render.MarkdownOptions{Key: key, Samples: max(0, samples), Missing: o.Missing, Hidden: o.Hidden, Files: o.Files}
}
