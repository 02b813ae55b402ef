package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// An instance is one of those that a block with for_each stands for, or one of the
// blocks that a dynamic block makes.
type instance struct {
	name       string    // in expressions: each, or what iterator says
	key, value cty.Value // unknown: it stands for all, of which none is known
	outer      *instance // that the dynamic block stands in
}

// object is what the instance's name stands for.
func (i *instance) object() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"key": i.key, "value": i.value})
}

// known says whether the instance will really be there.
func (i *instance) known() bool { return i == nil || i.key.IsKnown() && i.outer.known() }

// named is the innermost instance of that name; nil if there is none.
func (i *instance) named(name string) *instance {
	for ; i != nil; i = i.outer {
		if i.name == name {
			return i
		}
	}
	return nil
}

// address is that of the instance of a block: rule.list["golang"].
func (l *loader) address(b *block, each *instance) string {
	return l.path + b.kind.name + "." + b.label + each.index()
}

// index is what an address ends in: ["golang"].
func (i *instance) index() string {
	switch {
	case i == nil:
		return ""
	case !i.known():
		return "[…]"
	default:
		return "[" + strings.TrimSpace(string(hclwrite.TokensForValue(i.key).Bytes())) + "]"
	}
}

// repeated says whether a block has for_each.
func (b *block) repeated() bool { return b.args["for_each"] != nil }

// instances are those that a block stands for, in the order of their keys: just
// nil without for_each.
func (l *loader) instances(b *block) []*instance {
	if !b.repeated() {
		return []*instance{nil}
	}
	attr := b.args["for_each"]
	v, ctx := l.eval(attr.Expr, nil)
	if v.IsMarked() {
		l.sensitiveAt(attr, v, ctx)
		return unknownInstances()
	}
	if !v.IsKnown() {
		l.leaveOut(attr, nil)
		return unknownInstances()
	}
	found, err := instancesOf(v)
	if err != nil {
		l.valueError(attr, ctx, err)
		return unknownInstances()
	}
	slices.SortFunc(found, func(a, b *instance) int { return strings.Compare(a.key.AsString(), b.key.AsString()) })
	return found
}

// unknownInstances stands for instances that are not known, so that what is wrong
// with each of them is found all the same.
func unknownInstances() []*instance {
	return []*instance{{name: "each", key: cty.UnknownVal(cty.String).RefineNotNull(), value: cty.DynamicVal}}
}

// orStandIn are the instances of a block, or, if it has none, one that stands for
// those that it may come to have: what is wrong with it is wrong today, too.
func orStandIn(instances []*instance) []*instance {
	if len(instances) == 0 {
		return unknownInstances()
	}
	return instances
}

func instancesOf(v cty.Value) ([]*instance, error) {
	const takes = "for_each takes a map or a set of strings"
	ty := v.Type()
	switch {
	case v.IsNull():
		return nil, fmt.Errorf("%s, not null: for no instance write {}", takes)
	case ty.IsTupleType() || ty.IsListType():
		return nil, fmt.Errorf("%s, not a list: %s", takes, insteadOfList(v))
	case !ty.IsMapType() && !ty.IsObjectType() && !ty.IsSetType():
		return nil, fmt.Errorf("%s, not %s", takes, kindOf(v))
	}
	found := []*instance{}
	for key, value := range v.Elements() {
		if ty.IsSetType() {
			if !value.IsKnown() {
				return unknownInstances(), nil
			}
			if value.IsNull() || value.Type() != cty.String {
				return nil, fmt.Errorf("%s: this set holds %s", takes, kindOf(value))
			}
		}
		if name := key.AsString(); strings.ContainsFunc(name, unicode.IsControl) {
			return nil, fmt.Errorf("%s without control characters, and there is one in %q", takes, name)
		}
		found = append(found, &instance{name: "each", key: key, value: value})
	}
	return found, nil
}

// insteadOfList says what to write where a list was given.
func insteadOfList(v cty.Value) string {
	if v.LengthInt() > 0 {
		if first := v.Index(cty.Zero); !first.IsMarked() && first.IsKnown() && first.Type().IsObjectType() {
			for _, name := range sortedKeys(first.Type().AttributeTypes()) {
				return fmt.Sprintf("for a list of objects write { for x in … : x.%s => x }, with an attribute that is another one in each", name)
			}
		}
	}
	return "for a list of strings write toset(…)"
}

// decodeEach decodes the instances of a block, and returns what it is in expressions.
func (l *loader) decodeEach(b *block, decode func(*instance) cty.Value) cty.Value {
	if !b.repeated() {
		return decode(nil)
	}
	instances := l.instances(b)
	var values []cty.Value
	for _, each := range orStandIn(instances) {
		values = append(values, decode(each))
	}
	return instanceValues(b, instances, values)
}

// instanceValues is what a block with for_each is in expressions: its instances'
// values by their keys; without, the one value.
func instanceValues(b *block, instances []*instance, values []cty.Value) cty.Value {
	if !b.repeated() {
		return values[0]
	}
	byKey := map[string]cty.Value{}
	for i, each := range instances {
		if !each.known() {
			return cty.DynamicVal
		}
		byKey[each.key.AsString()] = values[i]
	}
	return cty.ObjectVal(byKey)
}

// rangeOf is where an argument's value stands; the block's header if it is left
// out.
func (b *block) rangeOf(arg string) hcl.Range {
	if attr, ok := b.args[arg]; ok {
		return attr.Expr.Range()
	}
	return b.declared
}
