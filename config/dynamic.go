package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// combiners are the blocks that a dynamic block can make.
var combiners = []string{"all", "any", "not"}

// dynamicBlock is the type of a block that makes a block of a match for each
// element of a collection.
func dynamicBlock(content *blockType) *blockType {
	return &blockType{
		name: "dynamic", label: "the block that it makes (all, any or not)",
		doc:    "makes an all, any or not for each element of a collection",
		args:   []Argument{dynamicForEach, dynamicIterator},
		blocks: []*blockType{content},
	}
}

var (
	dynamicForEach  = Argument{Name: "for_each", Value: "a map, set or list", Doc: "what a block is made for each element of; none for an empty one", Required: true}
	dynamicIterator = Argument{Name: "iterator", Value: "a name", Doc: "what the element is called in content: its key and value are NAME.key and NAME.value", Default: "the label"}
)

// A combined block is an all, any or not, written out or made by a dynamic block.
type combined struct {
	combines string
	block    *block
	each     *instance
}

// combines is the kind of block that a block is, or that its dynamic block makes.
func (b *block) combines() string {
	if b.within != nil {
		return b.within.label
	}
	return b.kind.name
}

// expand writes dynamic blocks out; false if one of them is wrong or unknown.
func (l *loader) expand(blocks []*block, each *instance) (all []combined, ok bool) {
	ok = true
	for _, b := range blocks {
		if b.kind.name != "dynamic" {
			all = append(all, combined{b.kind.name, b, each})
			continue
		}
		made, fine := l.dynamic(b, each)
		ok = ok && fine
		all = append(all, made...)
	}
	return all, ok
}

// dynamic makes the blocks of one dynamic block.
func (l *loader) dynamic(b *block, each *instance) ([]combined, bool) {
	content := b.all("content")
	switch {
	case !slices.Contains(combiners, b.label):
		l.report.errorAt(b.labelRange, "Invalid dynamic block", fmt.Sprintf("What a dynamic block makes in a match is %s, and not %q.%s", oneOf(combiners), b.label, didYouMean(b.label, combiners)))
		return nil, false
	case b.broken:
		return nil, false
	case len(content) != 1:
		l.report.errorAt(b.declared, "Invalid dynamic block", fmt.Sprintf("A dynamic block has one content { … }, which says what stands in each %s.", b.label))
		return nil, false
	case b.args["for_each"] == nil:
		l.missing(b, "A dynamic block", dynamicForEach)
		return nil, false
	}
	name, ok := l.iterator(b)
	elements, known := l.elements(b.args["for_each"], name, each)
	var made []combined
	for _, element := range elements {
		made = append(made, combined{b.label, content[0], element})
	}
	if len(elements) == 0 { // what is wrong with it is wrong today, too
		l.tests(content[0], &instance{name: name, key: cty.DynamicVal, value: cty.DynamicVal, outer: each})
	}
	return made, ok && known
}

// iterator is the name that an element has in content.
func (l *loader) iterator(b *block) (string, bool) {
	attr := b.args["iterator"]
	if attr == nil {
		return b.label, true
	}
	name := hcl.ExprAsKeyword(attr.Expr)
	switch {
	case name == "":
		l.report.errorAt(attr.Expr.Range(), "Invalid iterator", "This must be a name without quotes, as in iterator = word.")
	case name == "each" || name == "special" || name == messageRoot || slices.Contains(roots[:], name):
		l.report.errorAt(attr.Expr.Range(), "Invalid iterator", fmt.Sprintf("%q has a meaning already: choose another name.", name))
	default:
		return name, true
	}
	return b.label, false
}

// elements are the instances that a dynamic block's for_each makes, in the order
// of the collection; false if they are not known, or wrong.
func (l *loader) elements(attr *hcl.Attribute, name string, outer *instance) ([]*instance, bool) {
	unclear := []*instance{{name: name, key: cty.DynamicVal, value: cty.DynamicVal, outer: outer}}
	v, ctx := l.eval(attr.Expr, outer)
	switch {
	case v.ContainsMarked():
		l.sensitiveAt(attr, v, ctx)
		return unclear, false
	case !v.IsKnown():
		l.leaveOut(attr, outer)
		return unclear, false
	case v.IsNull() || !v.CanIterateElements():
		l.valueError(attr, ctx, wants("a map, a set or a list", v))
		return unclear, false
	}
	var found []*instance
	for key, value := range v.Elements() {
		found = append(found, &instance{name: name, key: key, value: value, outer: outer})
	}
	return found, true
}
