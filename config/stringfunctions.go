package config

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func stringFunctions() []builtin {
	return []builtin{
		{"chomp", "the string without line ends at its end", stdlib.ChompFunc},
		{"endswith", "whether the string ends with the suffix", endsWith},
		{"format", "the format with a value in place of each of its verbs, such as %s, %d or %q", checked(ofWritable(stdlib.FormatFunc), checkWidths)},
		{"formatlist", "a list of strings, made as format does, with the elements of the lists one after the other", checked(ofWritable(stdlib.FormatListFunc), checkWidths)},
		{"indent", "the string with that many spaces before all of its lines but the first", checked(stdlib.IndentFunc, checkSpaces)},
		{"join", "the elements of the lists as one string, with the separator between them", stdlib.JoinFunc},
		{"lower", "the string in lower case", stdlib.LowerFunc},
		{"regex", "what the regular expression finds first in the string: its text, a list of its groups, or an object of its named groups", stdlib.RegexFunc},
		{"regexall", "a list of all that the regular expression finds in the string", stdlib.RegexAllFunc},
		{"replace", "the string with the replacement wherever the searched text stands; between slashes that is a regular expression", replace},
		{"split", "a list of the parts of the string between the separators", stdlib.SplitFunc},
		{"startswith", "whether the string begins with the prefix", startsWith},
		{"strcontains", "whether the substring stands somewhere in the string", strContains},
		{"strrev", "the string backwards", stdlib.ReverseFunc},
		{"substr", "the part of the string from the offset on, of that length; -1 is up to the end", stdlib.SubstrFunc},
		{"title", "the string with a capital at the beginning of each word", stdlib.TitleFunc},
		{"trim", "the string without any of those characters at its ends", stdlib.TrimFunc},
		{"trimprefix", "the string without the prefix", stdlib.TrimPrefixFunc},
		{"trimspace", "the string without white space at its ends", stdlib.TrimSpaceFunc},
		{"trimsuffix", "the string without the suffix", stdlib.TrimSuffixFunc},
		{"upper", "the string in upper case", stdlib.UpperFunc},
	}
}

// stringPredicate makes a function of two strings that says yes or no.
func stringPredicate(second string, holds func(s, other string) bool) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "string", Type: cty.String}, {Name: second, Type: cty.String}},
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(holds(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

var (
	startsWith  = stringPredicate("prefix", strings.HasPrefix)
	endsWith    = stringPredicate("suffix", strings.HasSuffix)
	strContains = stringPredicate("substring", strings.Contains)
)

// notNull refines what is not known yet.
func notNull(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() }

// replace takes a regular expression where the searched text stands between
// slashes.
var replace = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "string", Type: cty.String}, {Name: "search", Type: cty.String}, {Name: "replacement", Type: cty.String}},
	Type:         function.StaticReturnType(cty.String),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		search := args[1].AsString()
		if len(search) > 1 && strings.HasPrefix(search, "/") && strings.HasSuffix(search, "/") {
			return stdlib.RegexReplace(args[0], cty.StringVal(search[1:len(search)-1]), args[2])
		}
		return stdlib.Replace(args[0], args[1], args[2])
	},
})

// wide is a verb whose width or precision has more than four digits.
var wide = regexp.MustCompile(`%[^a-zA-Z%]*\d{5}`)

// checkWidths keeps a short format from filling the memory.
func checkWidths(args []cty.Value) error {
	if knownAs(args[0], cty.String) && wide.MatchString(args[0].AsString()) {
		return function.NewArgErrorf(0, "a width or precision has more than four digits")
	}
	return nil
}

const maxSpaces = 1000

func checkSpaces(args []cty.Value) error {
	if !knownAs(args[0], cty.Number) {
		return nil
	}
	if n := args[0].AsBigFloat(); n.Sign() < 0 || n.Cmp(big.NewFloat(maxSpaces)) > 0 {
		return function.NewArgError(0, fmt.Errorf("a whole number from 0 to %d is needed", maxSpaces))
	}
	return nil
}
