package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// checkVersion judges required_version.
func (l *loader) checkVersion() {
	for _, b := range l.settings {
		attr, ok := b.args["required_version"]
		if !ok {
			continue
		}
		v, diags := attr.Expr.Value(nil)
		if diags.HasErrors() {
			l.report.addAll(diags)
			continue
		}
		if !v.IsKnown() || v.IsNull() {
			continue
		}
		wanted, err := text(v)
		if err != nil {
			l.valueError(attr, nil, err)
			continue
		}
		constraint, err := constraintOf(wanted)
		if err != nil {
			l.valueError(attr, nil, err)
			continue
		}
		have, err := parseVersion(l.src.Version)
		if err == nil && !constraint.allows(have) {
			l.report.errorAt(attr.Expr.Range(), "Unsuitable version",
				fmt.Sprintf("The configuration asks for imapform %s, and this is %s.", wanted, l.src.Version))
		}
	}
}

// A version is its numbers: major, minor, patch.
type version [3]int

// parseVersion takes "1", "1.2" or "1.2.3", with or without a "v"; what follows a
// "-" or "+" does not count.
func parseVersion(s string) (version, error) {
	v, _, err := versionParts(s)
	return v, err
}

func versionParts(s string) (v version, parts int, err error) {
	number, _, _ := strings.Cut(strings.TrimPrefix(s, "v"), "-")
	number, _, _ = strings.Cut(number, "+")
	words := strings.Split(number, ".")
	if len(words) > len(v) {
		return v, 0, fmt.Errorf("%q is not a version such as 1.2.3", s)
	}
	for i, word := range words {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil {
			return v, 0, fmt.Errorf("%q is not a version such as 1.2.3", s)
		}
		v[i] = int(n)
	}
	return v, len(words), nil
}

func (v version) compare(other version) int {
	for i := range v {
		if v[i] != other[i] {
			return v[i] - other[i]
		}
	}
	return 0
}

// A constraint is a list of conditions that all must hold.
type constraint []func(version) bool

func (c constraint) allows(v version) bool {
	for _, holds := range c {
		if !holds(v) {
			return false
		}
	}
	return true
}

// operators of conditions; a longer one stands before one that it begins with.
var operators = []struct {
	sign  string
	holds func(have, want version, parts int) bool
}{
	{">=", func(have, want version, _ int) bool { return have.compare(want) >= 0 }},
	{"<=", func(have, want version, _ int) bool { return have.compare(want) <= 0 }},
	{"!=", func(have, want version, _ int) bool { return have.compare(want) != 0 }},
	{"~>", func(have, want version, parts int) bool {
		// The last number that is written may grow, the ones before it may not.
		return have.compare(want) >= 0 && sameBefore(have, want, max(parts-1, 1))
	}},
	{">", func(have, want version, _ int) bool { return have.compare(want) > 0 }},
	{"<", func(have, want version, _ int) bool { return have.compare(want) < 0 }},
	{"=", func(have, want version, _ int) bool { return have.compare(want) == 0 }},
	{"", func(have, want version, _ int) bool { return have.compare(want) == 0 }},
}

func sameBefore(a, b version, n int) bool {
	for i := range n {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func constraintOf(s string) (constraint, error) {
	var c constraint
	for condition := range strings.SplitSeq(s, ",") {
		for _, op := range operators {
			rest, ok := strings.CutPrefix(strings.TrimSpace(condition), op.sign)
			if !ok {
				continue
			}
			want, parts, err := versionParts(strings.TrimSpace(rest))
			if err != nil {
				return nil, errors.New(err.Error() + ": write a constraint such as \">= 0.1\" or \"~> 1.2\"")
			}
			c = append(c, func(have version) bool { return op.holds(have, want, parts) })
			break
		}
	}
	return c, nil
}
