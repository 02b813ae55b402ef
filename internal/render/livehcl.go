package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// A FolderBlock declares a live folder as it is.
type FolderBlock struct {
	Label      string // an identifier
	Account    string // its address; empty: there is but one
	Name       mailbox.Name
	Use        mailbox.Use // empty: none
	Subscribed bool
	Note       string // a comment before the block; empty: none
}

// FolderBlocks are those of an account, with the folders that have none.
type FolderBlocks struct {
	Account  string // address
	Blocks   []FolderBlock
	Declared int      // folders that blocks of the configuration speak of already
	LeftOut  []string // sentences: folders that cannot be declared, and why
}

// FoldersHCL writes folder blocks in the usual style, as a file of a configuration.
// What comes from a server is in quoted strings and comments only.
func FoldersHCL(w io.Writer, all []FolderBlocks, o Options) error {
	o.Color, o.Width = false, 0 // this is for a file
	p := newPage(o)
	for _, line := range []safe{
		"# Folders as they are, written by imapform show -hcl, to start from:",
		"#",
		"#     imapform show -hcl > folders.imap.hcl",
		"#     imapform plan",
		"#",
		"# The plan finds nothing to do for these blocks. Keep those of the folders that are",
		"# to be there, and remove the others: a folder that no block names stays as it is.",
		"# Change a label as you like; it means nothing to the server.",
	} {
		p.line(line)
	}
	for _, account := range all {
		p.folderBlocks(account, len(all) > 1)
	}
	return p.writeTo(w)
}

func (p *page) folderBlocks(account FolderBlocks, several bool) {
	if several {
		p.line()
		p.line("# ", clean(account.Account))
	}
	if account.Declared > 0 {
		p.line()
		p.line("# ", count(account.Declared, "folder"), pick(account.Declared == 1, " is", " are"), " left out here, as the configuration speaks of ", pick(account.Declared == 1, "it", "them"), " already.")
	}
	for _, sentence := range account.LeftOut {
		p.line()
		p.line("# ", oneLine(sentence))
	}
	for _, b := range account.Blocks {
		p.line()
		p.folderBlock(b)
	}
}

func (p *page) folderBlock(b FolderBlock) {
	type attribute struct{ name, value safe }
	var attributes []attribute
	if b.Account != "" {
		attributes = append(attributes, attribute{"account", clean(b.Account)})
	}
	attributes = append(attributes, attribute{"name", literal(string(b.Name))})
	if b.Use != "" {
		attributes = append(attributes, attribute{"special_use", literal(string(b.Use))})
	}
	if !b.Subscribed {
		attributes = append(attributes, attribute{"subscribed", "false"})
	}
	widest := 0
	for _, a := range attributes {
		widest = max(widest, len(a.name))
	}
	if b.Note != "" {
		p.line("# ", oneLine(b.Note))
	}
	p.line("folder ", literal(b.Label), " {")
	for _, a := range attributes {
		p.line("  ", pad(a.name, widest), " = ", a.value)
	}
	p.line("}")
}

// literal is text as a quoted string of HCL, with what would begin a template, or
// cannot be seen, as an escape.
func literal(s string) safe {
	var b strings.Builder
	for _, r := range string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) {
		switch {
		case !hidden(r) && !strings.ContainsRune(spaces, r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return safe(b.String())
}
