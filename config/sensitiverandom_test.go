package config

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// leaves and shapes are what randomExpression is made of: a %s is another one.
var (
	leaves = []string{
		`var.text`, `var.number`, `var.flag`, `var.texts`, `var.any`, `var.maybe`, `var.plain`, `local.object`, `local.map`, `local.deep`, `local.tuple`, `local.both`, `local.pair`, `local.staff`, `local.chosen`,
		`"alpha"`, `"beta"`, `"a"`, `0`, `1`, `true`, `null`, `sensitive("alpha")`, `[]`, `{}`,
	}
	shapes = []string{
		`local.object[%s]`, `local.map[%s]`, `local.deep[%s]`, `local.tuple[%s]`, `local.staff[%s]`, `{ alpha = %s, beta = %s, gamma = "c" }`, `{ (%s) = %s }`, `[%s, %s]`, `(%s)[%s]`, `(%s)[0]`, `(%s).alpha`, `(%s).name`, `(%s)[*]`, `(%s)[*].name`,
		`%s ? %s : %s`, `%s == %s`, `%s && %s`, `!%s`, `%s + 1`, `"${%s}"`, `"a${%s}"`, `"%%{ if %s }${%s}%%{ endif }"`, `"%%{ for x in %s }${x}%%{ endfor }"`,
		`[for x in %s : %s]`, `[for x in %s : x]`, `[for x in %s : local.object[x]]`, `[for k, v in %s : v if %s]`, `[for k, v in %s : try(v.name, k)]`, `{ for k, v in %s : k => v }`, `{ for k, v in %s : "k" => v... }`, `{ for x in %s : x => %s }`,
		`try(%s, %s)`, `try([%s, %s], %s)`, `try({ a = %s, b = %s }, %s)`, `can(%s)`, `[can(%s), %s]`, `coalesce(%s, %s)`, `lookup(%s, %s, %s)`, `merge(%s, %s)`, `concat(%s, %s)`, `concat(%s...)`, `keys(%s)`, `values(%s)`, `length(%s)`, `element(%s, %s)`,
		`flatten([%s, %s])`, `reverse(%s)`, `toset(%s)`, `tolist(%s)`, `tomap(%s)`, `tostring(%s)`, `tonumber(%s)`, `jsonencode(%s)`, `jsondecode(%s)`, `contains(%s, %s)`, `index(%s, %s)`, `zipmap(%s, %s)`, `one(%s)`, `join(",", %s)`, `split("a", %s)`,
		`issensitive(%s)`, `sensitive(%s)`, `slice(%s, 0, %s)`, `setunion(%s, %s)`, `distinct(%s)`, `sort(%s)`, `matchkeys(%s, %s, %s)`, `format("%%v", %s)`, `chunklist(%s, 1)`, `setproduct(%s, %s)`, `templatefile("name.tmpl", { a = %s })`, `file(%s)`, `fileexists(%s)`,
	}
)

func randomExpression(random *rand.Rand, depth int) string {
	if depth == 0 || random.IntN(6) == 0 {
		return leaves[random.IntN(len(leaves))]
	}
	shape := shapes[random.IntN(len(shapes))]
	parts := make([]any, strings.Count(strings.ReplaceAll(shape, "%%", ""), "%s"))
	for i := range parts {
		parts[i] = randomExpression(random, depth-1)
	}
	return fmt.Sprintf(shape, parts...)
}

// TestSensitiveFlowAtRandom: of any expression the same shows, whatever the secrets are
// with which it can be worked out.
func TestSensitiveFlowAtRandom(t *testing.T) {
	consoles := flowConsoles(t)
	random := rand.New(rand.NewPCG(1, 2))
	worked := 0
	for range 3000 {
		text := randomExpression(random, 4)
		var shown []string
		for _, c := range consoles {
			if v, _, diags := c.Eval(text); !diags.HasErrors() {
				shown = append(shown, shownLine(v))
			}
		}
		if len(shown) < 2 {
			continue
		}
		worked++
		for _, other := range shown[1:] {
			if other != shown[0] {
				t.Errorf("%s: another secret shows: %q", text, shown)
				break
			}
		}
	}
	if worked < 300 {
		t.Errorf("only %d expressions could be worked out", worked)
	}
}
