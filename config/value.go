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

	"github.com/imapform/imapform/internal/mailbox"
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

// whole decodes a whole number of the range.
func whole(v cty.Value, least, most int64) (int, error) {
	if v.IsNull() || !v.Type().IsPrimitiveType() {
		return 0, wants("a whole number", v)
	}
	n, err := convert.Convert(v, cty.Number)
	if err != nil {
		return 0, wants("a whole number", v)
	}
	i, accuracy := n.AsBigFloat().Int64()
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

// list decodes each element of a list or set.
func list[V any](v cty.Value, parse func(cty.Value) (V, error)) ([]V, error) {
	ty := v.Type()
	if v.IsNull() || !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
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

// folderText is what a value says where a folder is wanted: a string, or a folder
// block, which stands for its name.
func folderText(v cty.Value) (string, error) {
	if v.IsNull() {
		return "", errors.New("this must name a folder, and is null")
	}
	if ty := v.Type(); ty.IsObjectType() && ty.HasAttribute("name") && len(ty.AttributeTypes()) == 1 {
		v = v.GetAttr("name")
	}
	if v.IsNull() || v.Type() != cty.String {
		return "", wants("a folder's name", v)
	}
	return v.AsString(), nil
}

func folderName(v cty.Value) (mailbox.Name, error) {
	s, err := folderText(v)
	if err != nil {
		return "", err
	}
	ref, err := mailbox.ParseRef(s)
	if err != nil {
		return "", err
	}
	if ref.Use != "" {
		return "", errors.New("special.… cannot stand here: which folder that is, is known only once the server has been asked. Write the folder's name")
	}
	return ref.Name, nil
}

func folderRef(v cty.Value) (mailbox.Ref, error) {
	s, err := folderText(v)
	if err != nil {
		return mailbox.Ref{}, err
	}
	return mailbox.ParseRef(s)
}

func folderPattern(v cty.Value) (mailbox.Pattern, error) {
	s, err := folderText(v)
	if err != nil {
		return mailbox.Pattern{}, err
	}
	return mailbox.ParsePattern(s)
}

// folderPatterns decodes a list of patterns, which may be empty.
func folderPatterns(v cty.Value) ([]mailbox.Pattern, error) { return list(v, folderPattern) }

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
