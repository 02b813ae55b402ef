package config

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A blockType says what may stand in a block. Its zero value: nothing.
type blockType struct {
	name   string
	label  string // what its one label is; empty: it has none
	titled bool   // the label is a title for people, to which nothing refers
	bare   bool   // the label may be left out
	doc    string // what it is for, in words
	args   []Argument
	free   bool // every argument is allowed: locals
	blocks []*blockType
}

// A block is one that has the structure of its type. What its arguments say is
// not known yet.
type block struct {
	kind       *blockType
	label      string
	labelRange hcl.Range
	declared   hcl.Range // the header
	args       hcl.Attributes
	blocks     []*block // in the order of the source
	within     *block   // the dynamic block whose content this is; nil: none
	// broken says that something in it was not understood, so that nothing can be
	// said of what seems to be missing.
	broken bool
}

// all returns the nested blocks of a type.
func (b *block) all(name string) []*block {
	var found []*block
	for _, nested := range b.blocks {
		if nested.kind.name == name {
			found = append(found, nested)
		}
	}
	return found
}

// dynamic is the block itself if it is a dynamic one, else nil.
func (b *block) dynamic() *block {
	if b.kind.name == "dynamic" {
		return b
	}
	return nil
}

// readRoot reads the blocks of a file.
func (l *loader) readRoot(body hcl.Body) []*block {
	root := &block{kind: rootBlock()}
	l.readBody(root, body)
	l.missingAccount = l.missingAccount || root.broken
	return root.blocks
}

func (l *loader) readBody(b *block, body hcl.Body) {
	if native, ok := body.(*hclsyntax.Body); ok {
		l.readNative(b, native)
	} else {
		l.readJSON(b, body)
	}
}

func (l *loader) readNative(b *block, body *hclsyntax.Body) {
	b.args = hcl.Attributes{}
	for name, attr := range body.Attributes {
		if b.kind.free || b.kind.takes(name) {
			b.args[name] = attr.AsHCLAttribute()
		}
	}
	// Only then: what an unknown one may mean hangs on which ones are there.
	for name, attr := range body.Attributes {
		if b.args[name] == nil {
			l.unsupportedArgument(b, name, attr.NameRange)
		}
	}
	for _, nested := range body.Blocks {
		kind := b.kind.nested(nested.Type)
		if kind == nil {
			l.unsupportedBlock(b, nested.Type, nested.TypeRange)
			l.mistake(b, Nearest(nested.Type, b.kind.blockNames()), nested.Labels)
			continue
		}
		header := nested.AsHCLBlock()
		n := &block{kind: kind, declared: header.DefRange, within: b.dynamic()}
		if l.readLabel(n, header, nested.OpenBraceRange) {
			l.readNative(n, nested.Body)
			b.blocks = append(b.blocks, n)
		} else {
			b.broken = true
			l.mistake(b, nested.Type, nested.Labels)
		}
	}
}

// mistake notes the name that a block would have if it had been understood, so
// that references to it are not said to lead nowhere.
func (l *loader) mistake(within *block, kind string, labels []string) {
	if within.kind.name != "" || len(labels) == 0 {
		return
	}
	if kind == "variable" {
		kind = "var"
	}
	l.mistaken[kind+"."+labels[0]] = true
}

func (l *loader) readJSON(b *block, body hcl.Body) {
	if b.kind.free {
		attrs, diags := body.JustAttributes()
		l.report.addAll(diags)
		b.args = attrs
		return
	}
	content, diags := body.Content(b.kind.schema())
	b.broken = diags.HasErrors()
	l.addFirst(l.extraneous(b, diags))
	b.args = content.Attributes
	for _, nested := range content.Blocks {
		n := &block{kind: b.kind.nested(nested.Type), declared: nested.TypeRange, within: b.dynamic()}
		if len(nested.LabelRanges) > 0 {
			n.declared = nested.LabelRanges[0]
		}
		if l.readLabel(n, nested, nested.TypeRange) {
			l.readJSON(n, nested.Body)
			b.blocks = append(b.blocks, n)
		} else {
			b.broken = true
		}
	}
}

// addFirst reports what HCL found, once for each place.
func (l *loader) addFirst(diags hcl.Diagnostics) {
	seen := map[hcl.Range]bool{}
	for _, d := range diags {
		if d.Subject != nil && seen[*d.Subject] {
			continue
		}
		if d.Subject != nil {
			seen[*d.Subject] = true
		}
		l.report.add(d)
	}
}

// extraneous takes the properties that are neither an argument nor a block from
// what HCL found: what they may mean is said in words of the language.
func (l *loader) extraneous(b *block, diags hcl.Diagnostics) hcl.Diagnostics {
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
		if d.Summary != "Extraneous JSON object property" || d.Subject == nil {
			return false
		}
		name, ok := l.jsonName(*d.Subject)
		if !ok {
			return false
		}
		if b.kind.name == "" {
			l.unsupportedBlock(b, name, *d.Subject)
		} else {
			l.unsupportedArgument(b, name, *d.Subject)
		}
		return true
	})
}

// jsonName is the name of the property that stands there.
func (l *loader) jsonName(at hcl.Range) (name string, ok bool) {
	err := json.Unmarshal(l.files.sourceOf(at), &name)
	return name, err == nil
}

// readLabel takes the label that a block's type wants; false if it is not there.
func (l *loader) readLabel(b *block, header *hcl.Block, afterName hcl.Range) bool {
	wants := b.kind.label
	switch {
	case b.kind.bare && len(header.Labels) == 0:
		return true
	case wants == "" && len(header.Labels) > 0:
		l.report.errorAt(header.LabelRanges[0], "Unexpected label",
			fmt.Sprintf("A block of type %q has no label.", b.kind.name))
		return false
	case wants != "" && len(header.Labels) == 0:
		l.report.errorAt(afterName, "Missing label",
			fmt.Sprintf("A block of type %q needs %s as its label: %s \"example\" { … }.", b.kind.name, wants, b.kind.name))
		return false
	case len(header.Labels) > 1:
		l.report.errorAt(header.LabelRanges[1], "Unexpected label",
			fmt.Sprintf("A block of type %q has one label, %s.", b.kind.name, wants))
		return false
	case wants == "":
		return true
	}
	b.label, b.labelRange = header.Labels[0], header.LabelRanges[0]
	if b.kind.titled {
		return l.checkTitle(b)
	}
	if !hclsyntax.ValidIdentifier(b.label) {
		l.report.errorAt(b.labelRange, "Invalid label",
			fmt.Sprintf("The label %q cannot be referred to: a label begins with a letter and goes on with letters, digits, \"_\" and \"-\".%s", b.label, labelHint(b.kind)))
		return false
	}
	return true
}

func labelHint(kind *blockType) string {
	if kind.name == "folder" {
		return " The folder's own name is said by the argument name."
	}
	return ""
}

func (l *loader) unsupportedArgument(b *block, name string, at hcl.Range) {
	b.broken = true
	detail := fmt.Sprintf("An argument named %q is not expected %s.", name, b.kind.where())
	switch {
	case b.kind.nested(name) != nil:
		detail += fmt.Sprintf(" Did you mean the block %s { … }, without an equals sign?", name)
	default:
		free := slices.DeleteFunc(argumentNames(b.kind.args), func(arg string) bool { return b.args[arg] != nil })
		detail += didYouMean(name, append(free, b.kind.blockNames()...))
	}
	l.report.errorAt(at, "Unsupported argument", detail)
}

func (l *loader) unsupportedBlock(b *block, name string, at hcl.Range) {
	b.broken = true
	detail := fmt.Sprintf("A block of type %q is not expected %s.", name, b.kind.where())
	if b.kind.takes(name) {
		detail += fmt.Sprintf(" Did you mean the argument %s = …?", name)
	} else {
		detail += cmp.Or(didYouMean(name, b.kind.blockNames()), b.kind.otherFile(name))
	}
	l.report.errorAt(at, "Unsupported block type", detail)
}

func (t *blockType) where() string {
	if t.name == "" {
		return "here"
	}
	return fmt.Sprintf("in a block of type %q", t.name)
}

func (t *blockType) nested(name string) *blockType {
	for _, kind := range t.blocks {
		if kind.name == name {
			return kind
		}
	}
	return nil
}

// takes says whether a block of the type may have the argument.
func (t *blockType) takes(name string) bool {
	return slices.ContainsFunc(t.args, func(arg Argument) bool { return arg.Name == name })
}

func (t *blockType) blockNames() []string {
	names := make([]string, len(t.blocks))
	for i, kind := range t.blocks {
		names[i] = kind.name
	}
	return names
}

func (t *blockType) schema() *hcl.BodySchema {
	schema := &hcl.BodySchema{}
	for _, arg := range t.args {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: arg.Name})
	}
	for _, kind := range t.blocks {
		header := hcl.BlockHeaderSchema{Type: kind.name}
		if kind.label != "" {
			header.LabelNames = []string{"name"}
		}
		schema.Blocks = append(schema.Blocks, header)
	}
	return schema
}

// attributes returns arguments in the order of the source.
func attributes(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int {
		return a.NameRange.Start.Byte - b.NameRange.Start.Byte
	})
}
