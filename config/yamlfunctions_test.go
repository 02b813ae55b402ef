package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// bomb is YAML whose aliases write out ten times as much on each line.
func bomb(lines int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < lines; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10))
	}
	return b.String()
}

func TestDecodersRefuse(t *testing.T) {
	all := functions(outside{})
	for _, c := range []struct{ name, src, want string }{
		{"yamldecode", bomb(9), "aliases make it larger"},
		{"yamldecode", bomb(40), "aliases make it larger"},
		{"yamldecode", strings.Repeat("[", 100_000), "nested more than"},
		{"yamldecode", strings.Repeat("{a: ", 1_000_000), "nested more than"},
		{"yamldecode", strings.Repeat("- ", 100_000), "nested more than"},
		{"yamldecode", strings.Repeat("[\n", 100_000), "nested more than"},
		{"yamldecode", "a: &a [*a]", "a"},
		{"yamldecode", "", "document"},
		{"jsondecode", strings.Repeat("[", 8_000_000), "nested more than"},
		{"jsondecode", strings.Repeat(`{"a":`, 100_000), "nested more than"},
		{"jsondecode", "{", "EOF"},
	} {
		began := time.Now()
		v, err := all[c.name].Call([]cty.Value{cty.StringVal(c.src)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %.40q: %#v, %v; want %q", c.name, c.src, v, err, c.want)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s of %.40q takes %s", c.name, c.src, took)
		}
	}
}

// TestYAMLBoundsAllow: what people write is below the bounds by far.
func TestYAMLBoundsAllow(t *testing.T) {
	shared := "base: &base\n  k: v\n  l: [1, 2]\nlist:\n" + strings.Repeat("  - <<: *base\n    n: 1\n", 1000)
	for _, src := range []string{
		shared,
		bomb(4),
		"text: |\n" + strings.Repeat("  from [0,1) to (2] & *stars*\n", 5000),
		strings.Repeat("- [a, {b: c}]\n", 5000),
	} {
		if err := checkYAML([]cty.Value{cty.StringVal(src)}); err != nil {
			t.Errorf("%.60q: %v", src, err)
		}
	}
}

func FuzzDecoders(f *testing.F) {
	for _, seed := range []string{bomb(3), "a: [1, {b: *c}]", "- - -\n", `{"a": [1.5e9]}`, "? [a]\n: b", "--- !!binary eA==", "a: .inf", "1e999999999", "\xff"} {
		f.Add(seed)
	}
	all := functions(outside{})
	f.Fuzz(func(t *testing.T, src string) {
		for _, name := range []string{"yamldecode", "jsondecode", "csvdecode", "base64decode"} {
			tryCall(t, name, all[name], []cty.Value{cty.StringVal(src)})
		}
	})
}
