package config

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// kindOf names the kind of a value in words of the language.
func kindOf(v cty.Value) string {
	ty := v.Type()
	switch {
	case v.IsNull():
		return "null"
	case ty == cty.String:
		return "a string"
	case ty == cty.Number:
		return "a number"
	case ty == cty.Bool:
		return "true or false"
	case ty.IsListType() || ty.IsTupleType():
		return "a list"
	case ty.IsSetType():
		return "a set"
	case ty.IsMapType():
		return "a map"
	case ty.IsObjectType():
		return "an object"
	case ty.IsCapsuleType():
		return ty.FriendlyName()
	default:
		return "something else"
	}
}

func wants(what string, v cty.Value) error {
	return fmt.Errorf("this must be %s, not %s", what, kindOf(v))
}

// text decodes a string; numbers are taken for their digits.
func text(v cty.Value) (string, error) {
	if v.IsNull() || !v.Type().IsPrimitiveType() || v.Type() == cty.Bool {
		return "", wants("a string", v)
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", wants("a string", v)
	}
	return s.AsString(), nil
}

// line decodes a string that is not empty and has no control character.
func line(v cty.Value) (string, error) {
	s, err := text(v)
	switch {
	case err != nil:
		return "", err
	case strings.TrimSpace(s) == "":
		return "", errors.New("this must not be empty")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return "", errors.New("this must not contain line breaks or other control characters")
	}
	return s, nil
}

func boolean(v cty.Value) (bool, error) {
	if v.IsNull() || !v.Type().IsPrimitiveType() {
		return false, wants("true or false", v)
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil {
		return false, wants("true or false", v)
	}
	return b.True(), nil
}

// number decodes a number, which is called what it must be.
func number(v cty.Value, what string) (*big.Float, error) {
	if v.IsNull() || !v.Type().IsPrimitiveType() {
		return nil, wants(what, v)
	}
	n, err := convert.Convert(v, cty.Number)
	if err != nil {
		return nil, wants(what, v)
	}
	return n.AsBigFloat(), nil
}

// whole decodes a whole number of the range.
func whole(v cty.Value, least, most int64) (int, error) {
	n, err := number(v, "a whole number")
	if err != nil {
		return 0, err
	}
	i, accuracy := n.Int64()
	if accuracy != big.Exact || i < least || i > most {
		return 0, fmt.Errorf("this must be a whole number from %d to %d", least, most)
	}
	return int(i), nil
}

// word decodes one of a few words.
func word(v cty.Value, words []string) (string, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	if !slices.Contains(words, s) {
		return "", fmt.Errorf("%q is not one of %s.%s", s, oneOf(words), didYouMean(s, words))
	}
	return s, nil
}

// oneWord makes the setter of an argument that takes one of a few words.
func oneWord[T any, W any](words []string, values []W, field func(*T) *W) func(*T, cty.Value) error {
	return func(into *T, v cty.Value) error {
		w, err := word(v, words)
		if err != nil {
			return err
		}
		*field(into) = values[slices.Index(words, w)]
		return nil
	}
}

// assign makes the setter of an argument that is decoded on its own.
func assign[T any, V any](parse func(cty.Value) (V, error), field func(*T) *V) func(*T, cty.Value) error {
	return func(into *T, v cty.Value) error {
		decoded, err := parse(v)
		if err == nil {
			*field(into) = decoded
		}
		return err
	}
}

// assignPointer makes the setter of an argument that may be left unsaid.
func assignPointer[T any](field func(*T) **bool) func(*T, cty.Value) error {
	return func(into *T, v cty.Value) error {
		b, err := boolean(v)
		*field(into) = &b
		return err
	}
}

// isList says whether values of a type are lists, or sets.
func isList(ty cty.Type) bool { return ty.IsTupleType() || ty.IsListType() || ty.IsSetType() }

// list decodes each element of a list or set.
func list[V any](v cty.Value, parse func(cty.Value) (V, error)) ([]V, error) {
	if v.IsNull() || !isList(v.Type()) {
		return nil, fmt.Errorf("this must be a list, not %s: write it between [ and ]", kindOf(v))
	}
	decoded := []V{}
	i := int64(0)
	for _, element := range v.Elements() {
		d, err := parse(element)
		if err != nil {
			return nil, cty.IndexIntPath(int(i)).NewError(err)
		}
		decoded = append(decoded, d)
		i++
	}
	return decoded, nil
}

// filled is list for lists that say nothing if they are empty.
func filled[V any](parse func(cty.Value) (V, error)) func(cty.Value) ([]V, error) {
	return func(v cty.Value) ([]V, error) {
		decoded, err := list(v, parse)
		if err == nil && len(decoded) == 0 {
			err = errors.New("this list is empty: leave the argument out, or name at least one")
		}
		return decoded, err
	}
}

// oneOrMore is filled for what may stand without a list, too.
func oneOrMore[V any](parse func(cty.Value) (V, error)) func(cty.Value) ([]V, error) {
	return func(v cty.Value) ([]V, error) {
		if !v.IsNull() && isList(v.Type()) {
			return filled(parse)(v)
		}
		one, err := parse(v)
		return []V{one}, err
	}
}

// duration decodes a span of time such as "30s".
func duration(v cty.Value) (time.Duration, error) {
	s, err := text(v)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a span of time: write a number and a unit, as in %q or %q", s, "30s", "2m")
	}
	return d, nil
}

// sentence gives an error's text a capital letter and a full stop.
func sentence(s string) string {
	if first, _, _ := strings.Cut(s, " "); strings.ContainsAny(first, "._") {
		return withStop(s) // a word of the language, which has no capital
	}
	r, size := utf8.DecodeRuneInString(s)
	return withStop(string(unicode.ToUpper(r)) + s[size:])
}

func withStop(s string) string {
	if s != "" && !strings.ContainsAny(s[len(s)-1:], ".?!") {
		s += "."
	}
	return s
}
