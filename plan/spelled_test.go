package plan

import (
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// oneOf is a template that chooses among folders of the configuration.
type oneOf struct {
	bySubject
	folders []mailbox.Pattern
}

func (o oneOf) Patterns() []mailbox.Pattern { return o.folders }

// What a message names is one folder, whatever its letter case and whatever is there
// yet: each mailbox here is planned for as it is before and as it is afterwards, and
// what the message names must be the same.
func TestTemplateNames(t *testing.T) {
	file := func(prefix string) *rules.Rule { return rule("file", subject(""), moveBy(prefix)) }
	for name, c := range map[string]struct {
		boxes   []*box
		put     string
		account config.Account
		to      mailbox.Name // empty: there is no value
	}{
		"what is removed": {
			boxes: []*box{newBox("INBOX", "Lists", "Lists/GO"), newBox("INBOX", "Lists")}, put: "go",
			account: config.Account{Rules: []*rules.Rule{file("Lists/")}, Removed: []*config.Removed{removed("Lists/GO")}},
		},
		"what is renamed": {
			boxes: []*box{newBox("INBOX", "Lists", "Lists/GO"), newBox("INBOX", "Lists", "Lists/golang")}, put: "go",
			account: config.Account{Rules: []*rules.Rule{file("Lists/")}, Moved: []*config.Moved{moved("Lists/GO", "Lists/golang")}},
		},
		"what has only changed its letter case": {
			boxes: []*box{newBox("INBOX", "Lists", "Lists/GO"), newBox("INBOX", "Lists", "Lists/go")}, put: "go",
			account: config.Account{Rules: []*rules.Rule{file("Lists/")}, Moved: []*config.Moved{moved("Lists/GO", "Lists/go")}},
			to:      "Lists/go",
		},
		"a folder above": {
			boxes: []*box{newBox("INBOX", "Lists"), newBox("INBOX", "Lists noselect", "Lists/a")}, put: "b",
			account: config.Account{Rules: []*rules.Rule{file("lists/")}},
			to:      "Lists/b",
		},
		"a folder above that is there in both": {
			boxes: []*box{newBox("INBOX", "Lists", "lists/q"), newBox("INBOX", "Lists", "lists noselect", "lists/q")}, put: "a",
			account: config.Account{Rules: []*rules.Rule{file("lists/")}},
			to:      "lists/a",
		},
		"a declared one before the other": {
			boxes: []*box{newBox("INBOX", "a/GO"), newBox("INBOX", "a/GO", "a/Go")}, put: "go",
			account: config.Account{Rules: []*rules.Rule{file("a/")}, Folders: []*config.Folder{{Address: "folder.go", Name: "a/Go"}}},
			to:      "a/Go",
		},
		"a new folder for special use": {
			boxes: []*box{newBox("INBOX")}, put: "trash",
			account: config.Account{Rules: []*rules.Rule{file("INBOX/")}},
		},
		"one that is there": {
			boxes: []*box{newBox("INBOX", "INBOX/Trash")}, put: "trash",
			account: config.Account{Rules: []*rules.Rule{file("INBOX/")}},
			to:      "INBOX/Trash",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, b := range c.boxes {
				b.put("INBOX", c.put)
				p, diags := b.plan(t, &c.account, config.DefaultPolicy())
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				var to mailbox.Name
				for _, s := range p.Steps {
					if f, ok := s.Op.(File); ok {
						to = f.To
					}
				}
				if to != c.to {
					t.Errorf("plan %d files into %q, want %q", i+1, to, c.to)
				}
			}
		})
	}
}

// The folder of a use is the same once the plan is done, or there is none from the
// beginning.
func TestUsesThatWouldChange(t *testing.T) {
	archive := rule("archive", subject(""), func(r *rules.Rule) { r.MoveTo = mailbox.Ref{Use: mailbox.UseArchive} })
	chooses := rule("file", subject(""), func(r *rules.Rule) { r.MoveBy = oneOf{"Lists/", patterns("Lists/a", "Archive")} })
	below := rule("file", subject(""), moveBy("Archive/"))
	gone := removed("Archive")
	for name, c := range map[string]struct {
		box     *box
		account config.Account
		want    string
	}{
		"its folder is removed":            {newBox("INBOX", "Archive"), config.Account{Rules: []*rules.Rule{archive}, Removed: []*config.Removed{gone}}, "special.archive is not known"},
		"a template makes another one":     {newBox("INBOX", "Archives"), config.Account{Rules: []*rules.Rule{archive, chooses}}, "Several folders"},
		"a template makes another above":   {newBox("INBOX", "Archives"), config.Account{Rules: []*rules.Rule{archive, below}}, "Several folders"},
		"a folder is declared below":       {newBox("INBOX", "Archives"), config.Account{Rules: []*rules.Rule{archive}, Folders: []*config.Folder{folder("y", "Archive/y")}}, "Several folders"},
		"a folder is renamed to one below": {newBox("INBOX", "Archives", "Old"), config.Account{Rules: []*rules.Rule{archive}, Moved: []*config.Moved{moved("Old", "Archive/old")}}, "Several folders"},
		"of two the one that stays":        {newBox("INBOX", "Archive", "Archives"), config.Account{Rules: []*rules.Rule{archive}, Removed: []*config.Removed{gone}}, ""},
		"a template makes the only one":    {newBox("INBOX"), config.Account{Rules: []*rules.Rule{archive, chooses}}, ""},
		"what is below a use makes no use": {newBox("INBOX", "Archives"), config.Account{Rules: []*rules.Rule{archive, rule("file", subject(""), moveBy(mailbox.UseArchive.Token()+"/"))}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, diags := c.box.plan(t, &c.account, config.DefaultPolicy())
			if got := diags.Error(); diags.HasErrors() != (c.want != "") || !strings.Contains(got, c.want) {
				t.Errorf("got %v, want %q", diags, c.want)
			}
		})
	}
}

// Where every folder lies below INBOX, what is written behind it is the first level.
func TestTemplateInInbox(t *testing.T) {
	for prefix, refused := range map[string]bool{"INBOX/": true, "INBOX/x-": true, "INBOX/Lists/": false, "Lists/": false} {
		b := newBox("INBOX", "Lists")
		b.inInbox = true
		_, diags := b.plan(t, &config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy(prefix))}}, config.DefaultPolicy())
		if diags.HasErrors() != refused {
			t.Errorf("%q: got %v", prefix, diags)
		}
	}
}

// told is a template that remembers what it was told to be a delimiter.
type told struct {
	bySubject
	delimiter *string
}

func (d told) Fill(m *message.Message, delimiter string) rules.Filled {
	*d.delimiter = delimiter
	return rules.Filled{Truth: rules.NoValue}
}

// A Maildir has dots between levels on disk, whatever its server shows.
func TestTemplateInMaildir(t *testing.T) {
	for maildir, dot := range map[string]bool{"": false, "/mail": true} {
		var got string
		b := newBox("INBOX", "Lists")
		b.put("INBOX", "a")
		b.plan(t, &config.Account{Maildir: maildir, Rules: []*rules.Rule{rule("file", subject(""), func(r *rules.Rule) { r.MoveBy = told{"Lists/", &got} })}}, config.DefaultPolicy())
		if strings.Contains(got, ".") != dot {
			t.Errorf("maildir %q: the delimiters are %q", maildir, got)
		}
	}
}
