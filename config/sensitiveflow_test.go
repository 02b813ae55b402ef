package config

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// flowFiles are what the expressions of TestSensitiveFlow refer to.
var flowFiles = map[string]string{
	"main.imap.hcl": `
variable "plain" { default = "alpha" }
variable "text" {
  type      = string
  sensitive = true
}
variable "number" {
  type      = number
  sensitive = true
}
variable "flag" {
  type      = bool
  sensitive = true
}
variable "texts" {
  type      = list(string)
  sensitive = true
}
variable "any" {
  type      = any
  sensitive = true
}
variable "maybe" {
  type      = string
  sensitive = true
}
locals {
  object = { alpha = "of-a", beta = "of-b", gamma = "of-c" }
  map    = tomap(local.object)
  deep   = { alpha = { x = "x-a", y = ["y-a", "z-a"] }, beta = { x = "x-b", y = ["y-b", "z-b"] }, gamma = { x = "x-c", y = ["y-c", "z-c"] } }
  tuple  = ["t-0", "t-1", "t-2"]
  list   = tolist(local.tuple)
  both   = { open = "open", shut = var.text }
  pair   = ["open", var.text]
  staff  = { alpha = { name = "Ada", password = var.text }, beta = { name = "Bo", password = "x" }, gamma = { name = "Cy", password = "x" } }
  chosen = local.object[var.text]
}
`,
	"alpha": "file-a", "beta": "file-b", "gamma": "file-c", "name.tmpl": "<${a}>",
	"told.tmpl": "%{ for x in sensitive([\"none\"]) }${file(x)}%{ endfor }",
}

// flowSecrets are values of the sensitive variables, each of which shows in a text that
// it comes into. With each of them other branches are taken, and other things fail.
func flowSecrets() []map[string]string {
	return []map[string]string{
		{"text": "alpha", "number": "0", "flag": "true", "texts": `["alpha"]`, "any": `{ alpha = "v" }`, "maybe": "gamma"},
		{"text": "beta", "number": "1", "flag": "false", "texts": `["beta", "gamma"]`, "any": `{ beta = 7, gamma = 8 }`},
		{"text": "gamma", "number": "2", "flag": "false", "texts": `[]`, "any": `["gamma"]`, "maybe": ""},
	}
}

func flowConsoles(t *testing.T) []*Console {
	t.Helper()
	var consoles []*Console
	for _, secrets := range flowSecrets() {
		environ := map[string]string{}
		for name, value := range secrets {
			environ[environmentPrefix+name] = value
		}
		if secrets["maybe"] == "" && secrets["text"] == "beta" {
			delete(environ, environmentPrefix+"maybe")
		}
		files := flowFiles
		if _, ok := environ[environmentPrefix+"maybe"]; !ok {
			files = maps.Clone(flowFiles)
			files["imapform.imapvars.hcl"] = "maybe = null\n"
		}
		c, diags := openConsole(t, Source{Environ: environ, Now: planTime()}, files)
		if c == nil {
			t.Fatal(diagnosticText(diags))
		}
		consoles = append(consoles, c)
	}
	return consoles
}

// sensitiveWhole are expressions of which nothing may show, in any way in which the
// language can make a value of another.
var sensitiveWhole = []string{
	// Chosen by a key.
	`local.object[var.text]`, `local.map[var.text]`, `local.tuple[var.number]`, `local.list[var.number]`, `(local.object)[var.text]`,
	`local.deep[var.text].x`, `local.deep[var.text]["x"]`, `local.deep[var.text].y[0]`, `local.deep[var.text].y[*]`, `local.deep[var.text][*].x`,
	`local.object["${var.text}"]`, `local.object[local.both.shut]`, `local.object[local.pair[1]]`, `local.object[lower(var.text)]`, `local.object[sensitive(var.plain)]`,
	`{ true = "a", false = "b" }[var.flag]`, `{ "0" = "a", "1" = "b", "2" = "c" }[var.number]`, `["a", "b"][var.flag ? 0 : 1]`, `{ "1" = "a", "2" = "b", "0" = "c" }[length(var.texts)]`,
	`{ alpha = "a", beta = "b" }[keys(var.any)[0]]`, `local.object[[for k, v in var.any : k][0]]`, `local.object[var.texts[0]]`,
	`local.chosen`, `local.staff[var.text].name`, `local.staff[var.text].password`, `lookup(local.object, var.text, "none")`, `lookup(local.map, var.text, "none")`,
	`lookup(local.deep, var.text, { x = "none", y = [] }).x`, `element(local.tuple, var.number)`, `{ alpha = local.object }[var.plain][var.text]`,

	// Conditionals, operators, templates.
	`var.text == "alpha" ? "a" : "b"`, `var.flag ? ["a"] : ["b", "c"]`, `var.flag ? null : "b"`, `local.object[var.text] == "of-a" ? "a" : "b"`,
	`var.flag && true`, `!var.flag`, `-var.number`, `var.number > 0`, `var.number + 1`, `var.text == var.plain`, `var.maybe == null`, `var.flag || local.map["alpha"] == "x"`,
	`"x${var.text}"`, `"x${local.object[var.text]}"`, `"%{ if var.flag }a%{ else }b%{ endif }"`, `"%{ if local.object[var.text] == "of-a" }a%{ endif }"`,
	`false ? keys(var.any) : ["x"]`, `"%{ for x in var.texts }a%{ endfor }"`, `"%{ for x in [local.object[var.text]] }${x}%{ endfor }"`,

	// For, splat, construction.
	`[for x in var.texts : "a"]`, `[for x in var.texts : local.object[x]]`, `{ for x in var.texts : x => 1 }`, `{ for x in var.texts : "k" => local.object[x]... }`, `[for k, v in local.object : v if k == var.text]`,
	`[for k, v in local.object : v if local.object[var.text] == v]`, `{ for k, p in local.staff : p.password => p.name... }`, `[for p in local.staff : p.name if p.password == "x"]`,
	`[for k, v in local.object : v if can(local.object[var.text])]`, `{ (var.text) = 1 }`, `{ "${var.text}" = 1 }`, `{ (local.object[var.text]) = 1 }`, `var.texts[*]`, `var.any[*]`,

	// What can be worked out.
	`try(tonumber(var.text), "no")`, `try(local.object[var.text], "no")`, `try([tonumber(var.text), "a"], ["b", "c"])[1]`, `try([var.any.alpha, "a"], ["b", "c"])[1]`, `try(var.any.alpha, "none")`,
	`try([var.any.alpha, "a"], [var.text, "b"])[1]`, `try({ a = { alpha = 1 }[var.text], b = "b" }, { b = "c" }).b`, `try([{ alpha = 1 }[var.text], "a"], ["b", "c"])[1]`,
	`try(try([{ alpha = 1 }[var.text], "a"], ["b", "c"])[1], "d")`, `try([for x in [var.text] : { alpha = 1 }[x]], ["b", "c"])[0]`, `try(["a", { alpha = sensitive(1) }[var.text]], ["b"])[0]`,
	`try({ (var.text) = "a" }, {})`, `try([{ x = 1 }[sensitive("x")], "a"], ["b", "c"])[1]`, `{ a = "x", b = "y" }[try([{ alpha = 1 }[var.text], "a"], ["c", "b"])[1]]`,
	`can(tonumber(var.text))`, `can(var.any.alpha)`, `can({ alpha = 1 }[var.text])`, `can([tonumber(var.text)])`, `can(tonumber(sensitive("x")))`, `can(sensitive(tonumber(sensitive("x"))))`,
	`coalesce(var.maybe, "b")`, `coalesce(local.both.open, var.text)`, `coalescelist(var.texts, ["b"])`,

	// Functions.
	`max(1, [for x in var.texts : 0]...)`, `concat([var.texts, ["x"]]...)`, `join(",", local.pair)`, `format("%s", var.text)`, `formatlist("%s-%s", ["a"], var.text)`,
	`upper(local.object[var.text])`, `tostring(local.object[var.text])`, `length(var.texts)`, `length([for x in var.texts : 1])`, `concat(["a"], var.texts)`, `flatten([["a"], var.texts])`, `flatten(["a", var.any])`, `flatten([["a", [var.any]], "b"])[0]`, `slice(local.tuple, 0, var.number)`,
	`distinct(local.pair)`, `contains(local.tuple, var.text)`, `contains(local.pair, "open")`, `index(["alpha", "beta", "gamma"], var.text)`, `zipmap([var.text], [1])`, `zipmap(local.pair, [1, 2])`, `transpose({ a = [var.text] })`,
	`setunion([var.text], ["a"])`, `setintersection([var.text], ["alpha"])`, `setsubtract(["alpha"], [var.text])`, `toset(local.pair)`, `one([var.text])`, `one([for x in [1] : x if var.flag])`, `sort(local.pair)`, `compact(local.pair)`, `sum([var.number, 1])`, `range(var.number)`,
	`matchkeys(["x", "y"], ["alpha", "beta"], [var.text])`, `split(",", var.text)`, `jsonencode(local.both)`, `yamlencode(local.both)`, `jsondecode(jsonencode(local.both)).open`, `yamldecode(yamlencode(local.both)).open`,
	`jsondecode("{\"a\":\"${var.text}\"}").a`, `csvdecode("a\n${var.text}")`, `templatefile("name.tmpl", { a = local.object[var.text] })`, `templatefile("name.tmpl", { a = "x", b = var.text })`,
	`file(var.text)`, `fileexists("${var.text}.x")`, `fileset(".", "${var.text}*")`, `basename(var.text)`, `dirname(var.text)`, `sha256(var.text)`, `sha512(var.text)`, `sha1(var.text)`, `md5(var.text)`, `base64encode(var.text)`,
	`base64decode(base64encode(var.text))`, `textencodebase64(var.text, "UTF-8")`, `textdecodebase64(textencodebase64(var.text, "UTF-8"), "UTF-8")`, `urlencode(var.text)`, `replace(var.text, "a", "b")`, `regexall("a", var.text)`, `regex("^.", var.text)`,
	`startswith(var.text, "a")`, `endswith(var.text, "a")`, `strcontains(var.text, "a")`, `substr(var.text, 0, 1)`, `title(var.text)`, `lower(var.text)`, `upper(var.text)`, `strrev(var.text)`, `chomp(var.text)`, `indent(2, var.text)`,
	`trim(var.text, "a")`, `trimprefix(var.text, "a")`, `trimsuffix(var.text, "a")`, `trimspace(var.text)`, `abs(var.number)`, `ceil(var.number)`, `floor(var.number)`, `signum(var.number)`, `log(var.number + 1, 2)`, `pow(var.number, 2)`, `min(var.number, 1)`, `parseint(tostring(var.number), 10)`,
	`alltrue([var.flag])`, `anytrue([var.flag])`, `tobool(var.flag)`, `tonumber(var.number)`, `tolist(var.texts)`, `tomap({ a = var.text }).a`, `setproduct(["a"], var.texts)`, `chunklist(var.texts, 1)`, `reverse(var.texts)`, `values({ a = var.text })[0]`, `keys(var.any)`, `merge({ a = 1 }, var.any)`,
	`timeadd("2026-01-01T00:00:00Z", "${var.number}h")`, `timecmp("2026-01-01T00:00:00Z", timeadd("2026-01-01T00:00:00Z", "${var.number}h"))`, `formatdate("YYYY ${var.number}", "2026-01-01T00:00:00Z")`, `formatdate("hh", timeadd(plantimestamp(), "${var.number}h"))`,
	`issensitive({ alpha = sensitive("a"), beta = "b", gamma = "c" }[var.text])`, `issensitive(local.staff[var.text].password)`, `sensitive("x") == "x" ? "a" : "b"`, `{ x = "a", y = "b" }[sensitive("x")]`,
}

// sensitiveParts are expressions of which something may show: what is said here.
var sensitiveParts = map[string]string{
	`local.both`: `{ open = "open", shut = (sensitive value), }`, `local.pair`: `[ "open", (sensitive value), ]`,
	`[var.text, "x", { a = local.object[var.text] }]`:  `[ (sensitive value), "x", { a = (sensitive value), }, ]`,
	`[for k in [var.text, "alpha"] : local.object[k]]`: `[ (sensitive value), "of-a", ]`,
	`{ for k in [var.text] : "k" => local.object[k] }`: `{ k = (sensitive value), }`,
	`{ for k, p in local.staff : k => p }["alpha"]`:    `{ name = "Ada", password = (sensitive value), }`,
	`[can({ alpha = 1 }[var.text]), can(local.both)]`:  `[ (sensitive value), true, ]`,
	`try({ a = var.text, b = "b" }, { b = "c" })`:      `{ a = (sensitive value), b = "b", }`,

	`local.deep[*][var.text].x`: `[ (sensitive value), ]`,

	// Nothing of these hangs on what is sensitive.
	`local.both.open`: `"open"`, `local.pair[0]`: `"open"`, `local.object[var.plain]`: `"of-a"`, `local.staff[var.plain].name`: `"Ada"`, `local.staff[*].alpha.name`: `[ "Ada", ]`,
	`values(local.staff)[*].name`: `[ "Ada", "Bo", "Cy", ]`, `[for p in local.staff : p.name]`: `[ "Ada", "Bo", "Cy", ]`, `[for i, x in local.pair : local.tuple[i]]`: `[ "t-0", "t-1", ]`,
	`try(local.both, {}).open`: `"open"`, `try([var.text, "a"], ["b"])[1]`: `"a"`, `try({ a = [var.text], (var.plain) = ("c") }, {}).alpha`: `"c"`, `try(local.both.open, "x")`: `"open"`, `try(var.plain, var.text)`: `"alpha"`,
	`try(tonumber(var.plain), "x", var.text)`: `"x"`, `try(local.both.nothing, local.both.open)`: `"open"`, `can(local.both)`: `true`, `can(local.both.nothing)`: `false`, `can([var.text, local.both.shut])`: `true`,
	`keys(local.both)`: `[ "open", "shut", ]`, `values(local.both)[0]`: `"open"`, `merge({ a = 1 }, local.both).open`: `"open"`, `merge({ a = 1 }, { a = var.text, b = 2 }).b`: `2`, `concat(["a"], local.pair)[0]`: `"a"`,
	`flatten([["a"], local.pair])[0]`: `"a"`, `element(local.pair, 0)`: `"open"`, `slice(local.pair, 0, 1)`: `[ "open", ]`, `reverse(local.pair)[1]`: `"open"`, `zipmap(["a", "b"], local.pair).a`: `"open"`,
	`issensitive(var.text)`: `true`, `issensitive(local.chosen)`: `true`, `issensitive(var.plain)`: `false`, `issensitive(local.both)`: `false`, `issensitive(try(tonumber(var.text), 1))`: `true`,
	`var.plain == "alpha" ? "a" : "b"`: `"a"`, `[local.pair, { a = { x = 1 }[lower("X")] }][1].a`: `1`, `[toset(["a"]), local.pair][0]`: `toset([ "a", ])`, `[null, local.pair][0]`: `null`, `[tolist(["a"]), local.pair][0]`: `tolist([ "a", ])`,
	`[tomap({ a = 1 }), local.pair][0]`: `tomap({ a = 1, })`, `[tolist([]), tomap({}), {}, [], local.pair][2]`: `{}`, `[plantimestamp(), local.pair][0]`: `"2026-03-01T07:30:00Z"`,
}

// TestSensitiveFlow: what hangs on a sensitive value does not show, whatever expression
// it went through, in either syntax; and what does not hang on one shows.
func TestSensitiveFlow(t *testing.T) {
	consoles := flowConsoles(t)
	want := maps.Clone(sensitiveParts)
	for _, text := range sensitiveWhole {
		want[text] = "(sensitive value)"
	}
	for text, want := range want {
		worked := 0
		for i, c := range consoles {
			v, _, diags := c.Eval(text)
			if diags.HasErrors() {
				continue // TestSensitiveErrors sees to what they show
			}
			worked++
			if got := shownLine(v); got != want {
				t.Errorf("%s, secrets %d: got %s, want %s", text, i, got, want)
			}
			if got := shownLine(evalJSON(t, c, text)); got != want {
				t.Errorf("%s in JSON, secrets %d: got %s, want %s", text, i, got, want)
			}
		}
		if worked == 0 {
			t.Errorf("%s never gave a value", text)
		}
	}
}

// TestSensitiveFlowIsWhole: no function is left out above.
func TestSensitiveFlowIsWhole(t *testing.T) {
	all := strings.Join(sensitiveWhole, "\n") + strings.Join(slices.Collect(maps.Keys(sensitiveParts)), "\n")
	for _, name := range functionNames() {
		if !regexp.MustCompile(`\b` + name + `\(`).MatchString(all) {
			t.Errorf("%s is called by no expression", name)
		}
	}
}

// shownLine is a value as it is shown, on one line.
func shownLine(v cty.Value) string { return strings.Join(strings.Fields(Shown(v)), " ") }

// evalJSON evaluates an expression that stands in a string in JSON.
func evalJSON(t *testing.T, c *Console, text string) cty.Value {
	t.Helper()
	src, err := json.Marshal("${" + text + "}")
	if err != nil {
		t.Fatal(err)
	}
	expr, diags := hcljson.ParseExpression(src, "expression.json")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c.l.report = report{problems: &problems{}}
	c.l.files["expression.json"] = &hcl.File{Bytes: src}
	v, _ := c.l.eval(expr, nil)
	if diags := c.l.report.all(); diags.HasErrors() {
		t.Errorf("%s in JSON: %s", text, diagnosticText(diags))
	}
	return v
}

// hunter2 is what TestSensitiveErrors must not find.
const hunter2 = `
variable "plain" { default = "a" }
variable "text" {
  sensitive = true
  default   = "hunter2"
}
variable "texts" {
  type      = list(string)
  sensitive = true
  default   = ["hunter2", "hunter2"]
}
variable "any" {
  type      = any
  sensitive = true
  default   = { hunter2 = "hunter2" }
}
locals {
  object = { a = "A", b = "B" }
  deep   = { a = { x = "hidden-x" }, b = { y = "hidden-y" } }
  keys   = { hunter2 = "hidden-key", a = "hidden-a" }
}
`

// TestSensitiveErrors: nothing that is sensitive, or was chosen by it, is in an error,
// nor in the values that are shown beside it.
func TestSensitiveErrors(t *testing.T) {
	for _, text := range []string{
		`[for x in var.texts : local.object[x]]`, `[for x in var.texts : { a = 1 }[x]]`, `[for x in var.texts : local.deep[x].z]`, `{ for x in var.texts : "k" => local.object[x]... }`,
		`[for x in var.texts : file(x)]`, `[for x in var.texts : tonumber(x)]`, `[for x in var.texts : regex("(", x)]`, `[for x in var.texts : x.y]`, `[for x in var.texts : 1 if x]`, `{ for x in var.texts : x => 1 if x }`,
		`{ for x in var.texts : x => 1 }`, `{ for x in var.texts : [x] => 1 }`, `[for k, v in var.any : v if tobool(k)]`, `[for k, v in var.any : local.object[k]]`, `[for x in var.texts : x ? 1 : 2]`, `[for x in var.texts : x + 1]`,
		`"%{ for x in var.texts }${file(x)}%{ endfor }"`, `[for x in var.texts : [for y in [x] : local.object[y]]]`, `[for x in var.texts : try(local.object[x])]`, `var.any[*].zzz`, `var.texts[*].zzz`,
		`local.object[var.text]`, `local.object[local.keys[var.text]]`, `local.deep[local.keys[var.text]]`, `[for x in [1] : local.deep[local.keys[var.text]]]`, `local.deep[local.keys[var.text] == "hidden-key" ? "a" : "b"].zzz`,
		`local.deep[local.keys[var.text] == "hidden-key" ? "a" : "b"]["zzz"]`, `local.object["${var.text}"]`, `var.any.zzz`, `var.any["zzz"]`, `lookup(local.object, var.text)`, `file(local.keys[var.text])`,
		`try(local.object[var.text], tonumber(local.keys[var.text]))`, `true ? var.any : [tonumber(local.keys[var.text])]`, `true ? var.any : "x"`, `local.object[sensitive(local.keys.a)]`, `[for x in sensitive(["hidden-x"]) : local.object[x]]`, `max(var.texts...)`,
		`local.object[local.keys[sensitive("a")]]`, `[for x in sensitive /* it is */ (["hidden-x"]) : local.object[x]]`, `local.deep[{ a = "hidden-z" }[sensitive("a")]]`,
	} {
		c, diags := openConsole(t, Source{}, map[string]string{"main.imap.hcl": hunter2})
		if c == nil {
			t.Fatal(diagnosticText(diags))
		}
		if _, _, diags = c.Eval(text); !diags.HasErrors() {
			t.Errorf("%s: no error", text)
		}
		for _, d := range diags {
			if strings.Contains(d.Detail, "hunter2") || strings.Contains(d.Detail, "hidden-") {
				t.Errorf("%s: the error shows too much: %s", text, d.Detail)
			}
			if d.Expression == nil {
				continue
			}
			for _, ref := range d.Expression.Variables() {
				if root := ref.RootName(); root != "var" && root != "local" {
					t.Errorf("%s: what %q stands for is shown, which has no mark", text, root)
				}
			}
		}
	}
}

// TestSensitiveErrorsHelp: where nothing sensitive is wrong, an error says what is.
func TestSensitiveErrorsHelp(t *testing.T) {
	c, diags := openConsole(t, Source{}, map[string]string{"main.imap.hcl": hunter2})
	if c == nil {
		t.Fatal(diagnosticText(diags))
	}
	for text, want := range map[string]string{
		`[var.text, local.object["c"]]`:             `There is no "c" in it.`,
		`[var.text, local.object["c${var.plain}"]]`: `There is no "ca" in it.`,
		`[var.text, local.object.c]`:                `There is no "c" in it.`,
		`[for x in ["c"] : local.object[x]]`:        `There is no "c" in it.`,
		`[var.text, tonumber("x${var.text}")]`:      "This could not be worked out. Why is not shown, since a sensitive value takes part in it.",
	} {
		if _, _, diags := c.Eval(text); len(diags) != 1 || diags[0].Detail != want {
			t.Errorf("%s: got %s, want %s", text, diagnosticText(diags), want)
		}
	}
}
