package message

import (
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// writeHTML writes what people read of a document: its text without tags, comments
// and entities. The text of an element that makes a block of its own is apart from
// what surrounds it; other tags separate nothing, so that "in<b>voice</b>" is one
// word. What styles hide is text all the same, and a picture's is none.
//
// It knows no tree: how deep elements lie in one another costs nothing.
func writeHTML(b *strings.Builder, r io.Reader) error {
	z := html.NewTokenizer(r)
	unread := false // the text that comes next is none
	apart := true   // the last that was written is a line end
	for {
		switch token := z.Next(); token {
		case html.ErrorToken:
			if err := z.Err(); err != io.EOF {
				return err
			}
			return nil
		case html.TextToken:
			if text := z.Text(); !unread && len(text) > 0 {
				b.Write(text)
				apart = false
			}
			unread = false
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			unread = token != html.EndTagToken && unreadText(tag)
			if tag == atom.Noscript {
				z.NextIsNotRawText() // a reader of mail runs no scripts
			}
			if !apart && block(tag) {
				b.WriteByte('\n')
				apart = true
			}
		}
	}
}

// unreadText says that nobody reads the element's text, which the tokenizer returns
// in one piece. A title stands above the window, if at all.
func unreadText(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Iframe, atom.Noembed, atom.Noframes:
		return true
	default:
		return false
	}
}

// block says that the element begins and ends a line, or a cell of a table.
func block(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Button, atom.Caption,
		atom.Center, atom.Dd, atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset,
		atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.Frameset, atom.H1, atom.H2, atom.H3, atom.H4,
		atom.H5, atom.H6, atom.Head, atom.Header, atom.Hgroup, atom.Hr, atom.Html, atom.Legend, atom.Li, atom.Listing,
		atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.Optgroup, atom.Option, atom.P, atom.Plaintext, atom.Pre,
		atom.Search, atom.Section, atom.Select, atom.Summary, atom.Table, atom.Tbody, atom.Td, atom.Textarea,
		atom.Tfoot, atom.Th, atom.Thead, atom.Title, atom.Tr, atom.Ul, atom.Xmp:
		return true
	default:
		return false
	}
}
