package config

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// An argument is one that a type of block has: what it takes, what it means, and
// how it comes into a T. A table of them is both the structure of the block and
// its decoding.
type argument[T any] struct {
	name     string
	value    string // what it takes, in words
	doc      string // what it means, in words
	required bool
	fallback string // what holds where it is left out, as people write it; empty: nothing
	secret   bool   // a sensitive value may reach it
	// set takes a value that is known, not null and of no sensitive origin. A
	// problem within the value is a cty.PathError.
	set func(into *T, v cty.Value) error
	// marked is told a value of sensitive origin, before set takes it.
	marked func(into *T, v cty.Value)
	// perMessage takes an expression over a message; nil: there is none here. False: it
	// is wrong or not known.
	perMessage func(l *loader, attr *hcl.Attribute, each *instance, into *T) bool
	// null takes null where that is not the same as being left out.
	null func(into *T)
}

// A fate is what became of an argument.
type fate int

const (
	absent  fate = iota // not there, or null
	set                 // in its place
	unknown             // wrong, or hangs on something that is: nothing follows from it
)

// fates of a block's arguments, by name.
type fates map[string]fate

// known says whether nothing about the arguments is wrong or unknown.
func (f fates) known() bool {
	for _, fate := range f {
		if fate == unknown {
			return false
		}
	}
	return true
}

// decode evaluates a block's arguments by their table.
func decode[T any](l *loader, b *block, each *instance, table []argument[T], into *T) fates {
	found := fates{}
	for _, arg := range table {
		attr, ok := b.args[arg.name]
		if ok {
			found[arg.name] = decodeArgument(l, attr, each, arg, into)
		}
		if arg.required && found[arg.name] == absent && b.broken {
			found[arg.name] = unknown // it may be what was not understood
		}
		if arg.required && found[arg.name] == absent {
			at := b.declared
			detail := fmt.Sprintf("A block of type %q needs the argument %s (%s): %s.", b.kind.name, arg.name, arg.value, arg.doc)
			if ok {
				at = attr.Expr.Range()
				detail = fmt.Sprintf("The argument %s (%s) must not be null: %s.", arg.name, arg.value, arg.doc)
			}
			l.report.errorAt(at, "Missing required argument", detail)
			found[arg.name] = unknown
		}
	}
	return found
}

func decodeArgument[T any](l *loader, attr *hcl.Attribute, each *instance, arg argument[T], into *T) fate {
	if arg.perMessage != nil && mentionsMessage(attr.Expr) {
		if !arg.perMessage(l, attr, each, into) {
			return unknown
		}
		return set
	}
	v, ctx := l.evalFor(attr.Expr, each, arg.secret)
	if v.ContainsMarked() {
		if !arg.secret {
			l.sensitiveAt(attr, v, ctx)
			return unknown
		}
		if arg.marked != nil {
			arg.marked(into, v)
		}
		v, _ = v.UnmarkDeep()
	}
	switch {
	case !v.IsWhollyKnown():
		if !arg.secret {
			l.leaveOut(attr, each)
		}
		return unknown
	case v.IsNull():
		if arg.null != nil {
			arg.null(into)
			return set
		}
		return absent
	}
	if err := arg.set(into, v); err != nil {
		if arg.secret {
			l.report.errorAt(attr.NameRange, "Invalid value for "+attr.Name, sentence(err.Error())) // shows nothing of the value
			return unknown
		}
		l.valueError(attr, ctx, err)
		return unknown
	}
	return set
}

// missing reports that a block does not say an argument that it needs.
func (l *loader) missing(b *block, what string, arg Argument) {
	l.report.errorAt(b.declared, "Missing required argument", fmt.Sprintf("%s needs the argument %s: %s.", what, arg.Name, arg.Doc))
}

// valueError reports what is wrong with an argument's value, at the element that
// a cty.PathError names.
func (l *loader) valueError(attr *hcl.Attribute, ctx *hcl.EvalContext, err error) {
	var path cty.Path
	if at, ok := errors.AsType[cty.PathError](err); ok {
		path = at.Path
	}
	at := rangeAt(attr.Expr, path)
	l.report.add(&hcl.Diagnostic{
		Severity:    hcl.DiagError,
		Summary:     fmt.Sprintf("Invalid value for %s", attr.Name),
		Detail:      withoutMarks(sentence(err.Error())),
		Subject:     &at,
		Context:     &attr.Range,
		Expression:  attr.Expr,
		EvalContext: ctx,
	})
}

// sensitiveAt reports a sensitive value where it must not be.
func (l *loader) sensitiveAt(attr *hcl.Attribute, v cty.Value, ctx *hcl.EvalContext) {
	var path cty.Path
	if _, marked := v.UnmarkDeepWithPaths(); len(marked) > 0 {
		path = marked[0].Path
	}
	at := rangeAt(attr.Expr, path)
	l.report.add(&hcl.Diagnostic{
		Severity:    hcl.DiagError,
		Summary:     "Sensitive value",
		Detail:      fmt.Sprintf("This comes from a sensitive variable, which may reach nothing but the username, password and password_command of an account; %s would show it.", attr.Name),
		Subject:     &at,
		Context:     &attr.Range,
		Expression:  attr.Expr,
		EvalContext: ctx,
	})
}
