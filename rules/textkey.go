package rules

import (
	"errors"
	"maps"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/imapform/imapform/internal/message"
)

// A textArgument is a string that a text test compares with.
type textArgument struct {
	node
	letters letterCase
}

// letterCase says whether letter case counts. The zero value: it does not, unless
// a regular expression says so itself.
type letterCase int8

const (
	caseIgnored letterCase = iota
	caseCounts
	caseNever // nor in a regular expression
)

// textKeys are the conditions of a text test: each takes a value or a list of
// them, of which one suffices.
var textKeys = map[string]func(n node, letters letterCase) (textCondition, error){
	"contains": eachString(contains),
	"is":       isAnyOf,
	"prefix":   eachString(prefix),
	"suffix":   eachString(suffix),
	"glob":     eachString(glob),
	"regex":    eachString(regex),
	"at_least": eachNumber(func(value, bound float64) bool { return value >= bound }),
	"above":    eachNumber(func(value, bound float64) bool { return value > bound }),
	"at_most":  eachNumber(func(value, bound float64) bool { return value <= bound }),
	"below":    eachNumber(func(value, bound float64) bool { return value < bound }),
}

// testingKeys are the keys that by themselves make a test.
func testingKeys() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(textKeys)), "exists")))
}

func knownTextKeys() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(textKeys)), textOptions...)))
}

// key returns the part of a text that the argument is compared with.
func (a textArgument) key(t message.Text) string {
	if a.letters == caseCounts {
		return t.Plain
	}
	return t.Fold
}

// needle returns the argument as values are compared, with one space where it
// begins or ends with white space.
func (a textArgument) needle() (left, middle, right string, err error) {
	s, err := a.text()
	if err != nil {
		return "", "", "", err
	}
	if trimmed := strings.TrimLeftFunc(s, unicode.IsSpace); trimmed != s {
		left = " "
	}
	if trimmed := strings.TrimRightFunc(s, unicode.IsSpace); trimmed != s {
		right = " "
	}
	return left, a.key(message.TextOf(s)), right, nil
}

func contains(a textArgument) (textCondition, error) {
	left, middle, right, err := a.needle()
	needle := left + middle + right
	return func(t message.Text) bool { return strings.Contains(a.key(t), needle) }, err
}

func is(a textArgument) (textCondition, error) {
	_, needle, _, err := a.needle()
	return func(t message.Text) bool { return a.key(t) == needle }, err
}

func prefix(a textArgument) (textCondition, error) {
	_, middle, right, err := a.needle()
	needle := middle + right
	return func(t message.Text) bool { return strings.HasPrefix(a.key(t), needle) }, err
}

func suffix(a textArgument) (textCondition, error) {
	left, middle, _, err := a.needle()
	needle := left + middle
	return func(t message.Text) bool { return strings.HasSuffix(a.key(t), needle) }, err
}

// glob has "*" for any characters and "?" for exactly one.
func glob(a textArgument) (textCondition, error) {
	_, pattern, _, err := a.needle()
	if err != nil {
		return nil, err
	}
	if strings.Trim(pattern, "*? ") == "" {
		return nil, a.errorf("the glob is nothing but wildcards and would take every value: say exists = true for that")
	}
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	re, err := regexp.Compile(`^(?s:` + quoted + `)$`)
	if err != nil {
		return nil, a.errorf("the glob is too long")
	}
	return func(t message.Text) bool { return re.MatchString(a.key(t)) }, nil
}

// regex says itself, by (?i), that letter case does not count, but where it never
// does.
func regex(a textArgument) (textCondition, error) {
	s, err := a.text()
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(s)
	if wrong, ok := errors.AsType[*syntax.Error](err); ok {
		return nil, a.errorf("the regular expression is wrong (RE2): %s: %q", wrong.Code, wrong.Expr)
	} else if err != nil {
		return nil, a.errorf("the regular expression is wrong (RE2)")
	}
	if a.letters == caseNever {
		re = regexp.MustCompile("(?i:" + s + ")")
	}
	if takesAll(re) {
		return nil, a.errorf("the regular expression holds for every value, as one that is made of an empty list does: say exists = true for that")
	}
	return func(t message.Text) bool { return re.MatchString(t.Plain) }, nil
}

// takesAll guesses whether an expression takes every value, by trying nothing at
// all and one that has every letter that the expression could leave out.
func takesAll(re *regexp.Regexp) bool {
	var every strings.Builder
	for r := ' '; r <= '~'; r++ {
		every.WriteRune(r)
	}
	every.WriteString(re.String())
	return re.MatchString("") && re.MatchString(every.String())
}

func eachString(key func(textArgument) (textCondition, error)) func(n node, letters letterCase) (textCondition, error) {
	return func(n node, letters letterCase) (textCondition, error) {
		elements, err := n.elements()
		if err != nil {
			return nil, err
		}
		conditions := make([]textCondition, len(elements))
		for i, e := range elements {
			if !e.isString() {
				return nil, e.errorf("this is %s: write a string or a list of strings", e.kind())
			}
			if conditions[i], err = key(textArgument{e, letters}); err != nil {
				return nil, err
			}
		}
		return oneOf(conditions), nil
	}
}

// isAnyOf looks the value up, so that long lists cost no more than short ones.
func isAnyOf(n node, letters letterCase) (textCondition, error) {
	if _, err := eachString(is)(n, letters); err != nil {
		return nil, err
	}
	elements, err := n.elements()
	if err != nil {
		return nil, err
	}
	a := textArgument{letters: letters}
	whole := make(map[string]bool, len(elements))
	for _, e := range elements {
		whole[a.key(message.TextOf(e.value.AsString()))] = true
	}
	return func(t message.Text) bool { return whole[a.key(t)] }, nil
}

func eachNumber(holds func(value, bound float64) bool) func(n node, _ letterCase) (textCondition, error) {
	return func(n node, _ letterCase) (textCondition, error) {
		elements, err := n.elements()
		if err != nil {
			return nil, err
		}
		conditions := make([]textCondition, len(elements))
		for i, e := range elements {
			if !e.isNumber() {
				return nil, e.errorf("this is %s: write a number, without quotes, or a list of numbers", e.kind())
			}
			bound, _ := e.value.AsBigFloat().Float64()
			if math.IsInf(bound, 0) {
				return nil, e.errorf("the number is too large")
			}
			conditions[i] = func(t message.Text) bool {
				value, ok := firstNumber(t.Plain)
				return ok && holds(value, bound)
			}
		}
		return oneOf(conditions), nil
	}
}

var number = regexp.MustCompile(`[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`)

// firstNumber returns the first number in a value, with its sign and fraction.
func firstNumber(s string) (float64, bool) {
	digits := number.FindString(s)
	if digits == "" {
		return 0, false
	}
	value, _ := strconv.ParseFloat(digits, 64) // out of range is infinite, which compares rightly
	return value, true
}

func oneOf(conditions []textCondition) textCondition {
	if len(conditions) == 1 {
		return conditions[0]
	}
	return func(t message.Text) bool {
		return slices.ContainsFunc(conditions, func(c textCondition) bool { return c(t) })
	}
}
