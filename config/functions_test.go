package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// planTime is the time of the plan in tests.
func planTime() time.Time {
	return time.Date(2026, 3, 1, 9, 30, 0, 0, time.FixedZone("", 2*60*60))
}

// evaluate works out an expression with the functions; the text is what is wrong.
func evaluate(t *testing.T, dir, src string, vars map[string]cty.Value) (cty.Value, string) {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", src, diags)
	}
	v, diags := expr.Value(&hcl.EvalContext{Variables: vars, Functions: functions(outside{dir: dir, now: planTime()})})
	if diags.HasErrors() {
		return cty.DynamicVal, diags[0].Detail
	}
	return v, ""
}

// TestFunctionMeanings: each line is a call and what it gives, as an expression
// too, since that is how people read values.
func TestFunctionMeanings(t *testing.T) {
	called := map[string]bool{}
	for _, c := range []struct{ call, want string }{
		{`chomp("hello\r\n\n")`, `"hello"`},
		{`endswith("hello world", "world")`, `true`},
		{`endswith("hello world", "hello")`, `false`},
		{`format("%d %s of %05.1f%%", 4, "x", 2.25)`, `"4 x of 002.2%"`},
		{`format("%q %v %s", "a", [1, true], "é")`, `"\"a\" [1,true] é"`},
		{`formatlist("Hello, %s%s!", ["Ada", "Bo"], "")`, `tolist(["Hello, Ada!", "Hello, Bo!"])`},
		{`indent(2, "a\nb\nc")`, `"a\n  b\n  c"`},
		{`join("-", ["a", "b"], ["c"])`, `"a-b-c"`},
		{`join(",", [])`, `""`},
		{`lower("HÉLLO")`, `"héllo"`},
		{`regex("[a-z]+", "53453453.345345aaabbbccc23454")`, `"aaabbbccc"`},
		{`regex("(\\d+)-(\\d+)", "2019-02")`, `["2019", "02"]`},
		{`regex("^(?P<scheme>[^:/?#]+)://(?P<host>[^/]*)", "imap://h.example/x")`, `{ scheme = "imap", host = "h.example" }`},
		{`regexall("[a-z]+", "1234abcd5678efgh9")`, `tolist(["abcd", "efgh"])`},
		{`regexall("x", "abc")`, `[]`},
		{`replace("1 + 2 + 3", "+", "-")`, `"1 - 2 - 3"`},
		{`replace("hello world", "/w(.*)d/", "[$1]")`, `"hello [orl]"`},
		{`split(",", "foo,bar,")`, `tolist(["foo", "bar", ""])`},
		{`split(",", "")`, `tolist([""])`},
		{`startswith("hello world", "hello")`, `true`},
		{`strcontains("hello world", "wor")`, `true`},
		{`strcontains("hello world", "Wor")`, `false`},
		{`strrev("a ☃")`, `"☃ a"`},
		{`substr("hello world", 1, 4)`, `"ello"`},
		{`substr("hello world", -5, -1)`, `"world"`},
		{`title("hello world")`, `"Hello World"`},
		{`trim("?!hello?!", "!?")`, `"hello"`},
		{`trimprefix("helloworld", "hello")`, `"world"`},
		{`trimspace("  hello\n\n")`, `"hello"`},
		{`trimsuffix("helloworld", "world")`, `"hello"`},
		{`upper("hello")`, `"HELLO"`},

		{`alltrue(["true", true])`, `true`},
		{`alltrue([true, null])`, `false`},
		{`alltrue([])`, `true`},
		{`anytrue([false, "true"])`, `true`},
		{`anytrue([])`, `false`},
		{`chunklist(["a", "b", "c"], 2)`, `tolist([tolist(["a", "b"]), tolist(["c"])])`},
		{`coalesce("", null, "b")`, `"b"`},
		{`coalesce(1, "b")`, `"1"`},
		{`coalescelist([], ["c", "d"])`, `["c", "d"]`},
		{`compact(["a", "", null, "c"])`, `tolist(["a", "c"])`},
		{`concat(["a", ""], ["b"])`, `["a", "", "b"]`},
		{`contains(["a", "b"], "a")`, `true`},
		{`contains(["a", "b"], "d")`, `false`},
		{`distinct(["a", "b", "a", "c"])`, `tolist(["a", "b", "c"])`},
		{`element(["a", "b", "c"], 4)`, `"b"`},
		{`flatten([["a", ["b"]], [], ["c"]])`, `["a", "b", "c"]`},
		{`index(["a", "b", "b"], "b")`, `1`},
		{`keys({ c = 1, a = 2 })`, `["a", "c"]`},
		{`length([])`, `0`},
		{`length({ a = 1 })`, `1`},
		{`length("hé👨‍👩‍👧")`, `3`},
		{`lookup({ a = "ay" }, "a", "what")`, `"ay"`},
		{`lookup({ a = "ay" }, "c", "what")`, `"what"`},
		{`lookup({ a = 1 }, "a")`, `1`},
		{`lookup({ a = 1 }, "b", null)`, `null`},
		{`lookup(tomap({ a = 1 }), "b", "2")`, `2`},
		{`matchkeys(["i-1", "i-2", "i-3"], ["west", "east", "east"], ["east"])`, `tolist(["i-2", "i-3"])`},
		{`matchkeys(["a"], ["x"], [])`, `tolist([])`},
		{`matchkeys(["a", "b"], [1, 2], ["2"])`, `tolist(["b"])`},
		{`merge({ a = "b", c = "d" }, { e = "f", c = "z" })`, `{ a = "b", c = "z", e = "f" }`},
		{`merge()`, `{}`},
		{`one([])`, `null`},
		{`one(["hello"])`, `"hello"`},
		{`one(toset([7]))`, `7`},
		{`range(3)`, `tolist([0, 1, 2])`},
		{`range(1, 8, 3)`, `tolist([1, 4, 7])`},
		{`range(4, 1)`, `tolist([4, 3, 2])`},
		{`reverse([1, 2, 3])`, `[3, 2, 1]`},
		{`setintersection(["a", "b"], ["b", "c"])`, `toset(["b"])`},
		{`setproduct(["dev", "prod"], ["a", "b"])`, `tolist([["dev", "a"], ["dev", "b"], ["prod", "a"], ["prod", "b"]])`},
		{`setproduct(range(1000), range(1000), [])`, `tolist([])`},
		{`setsubtract(["a", "b", "c"], ["a", "c"])`, `toset(["b"])`},
		{`setunion(["a", "b"], ["b", "c"])`, `toset(["a", "b", "c"])`},
		{`slice(["a", "b", "c", "d"], 1, 3)`, `["b", "c"]`},
		{`sort(["e", "d", "a", "A"])`, `tolist(["A", "a", "d", "e"])`},
		{`sum([10, 13.5, "6", 4.5])`, `34`},
		{`sum(toset([1, 2]))`, `3`},
		{`transpose({ a = ["1", "2"], b = ["2", "3"] })`, `tomap({ "1" = tolist(["a"]), "2" = tolist(["a", "b"]), "3" = tolist(["b"]) })`},
		{`transpose({})`, `tomap({})`},
		{`values({ a = 3, c = 2, d = 1 })`, `[3, 2, 1]`},
		{`zipmap(["a", "b"], [1, 2])`, `{ a = 1, b = 2 }`},

		{`abs(-12.4)`, `12.4`},
		{`ceil(5.1)`, `6`},
		{`ceil(-1.1)`, `-1`},
		{`floor(4.9)`, `4`},
		{`floor(-1.1)`, `-2`},
		{`log(16, 2)`, `4`},
		{`max(12, 54, 3)`, `54`},
		{`max([12, 54, 3]...)`, `54`},
		{`min(12, 54, 3)`, `3`},
		{`parseint("FF", 16)`, `255`},
		{`parseint("-10", 2)`, `-2`},
		{`pow(3, 2)`, `9`},
		{`pow(4, 0)`, `1`},
		{`signum(-13)`, `-1`},
		{`signum(0)`, `0`},

		{`base64decode("SGVsbG8gV29ybGQ=")`, `"Hello World"`},
		{`base64encode("Hello World")`, `"SGVsbG8gV29ybGQ="`},
		{`csvdecode("a,b\n1,2\n3,4\n")`, `tolist([{ a = "1", b = "2" }, { a = "3", b = "4" }])`},
		{`jsondecode("{\"hello\": [1, null]}")`, `{ hello = [1, null] }`},
		{`jsonencode({ hello = ["<a>", 1] })`, `"{\"hello\":[\"\\u003ca\\u003e\",1]}"`},
		{`textencodebase64("Hello World", "UTF-16LE")`, `"SABlAGwAbABvACAAVwBvAHIAbABkAA=="`},
		{`textdecodebase64("SABlAGwAbABvACAAVwBvAHIAbABkAA==", "UTF-16LE")`, `"Hello World"`},
		{`textdecodebase64("R3L832U=", "iso-8859-1")`, `"Grüße"`},
		{`urlencode("Hello World!/é&")`, `"Hello+World%21%2F%C3%A9%26"`},
		{`yamldecode("hello: world")`, `{ hello = "world" }`},
		{`yamldecode("a: &foo [1, 2, 3]\nb: *foo\nc: {<<: {x: 1}}")`, `{ a = [1, 2, 3], b = [1, 2, 3], c = { x = 1 } }`},
		{`yamldecode("- true\n- ~\n- '1'")`, `[true, null, "1"]`},
		{`yamlencode({ a = "b", c = ["d", 1] })`, `"\"a\": \"b\"\n\"c\":\n- \"d\"\n- 1\n"`},

		{`md5("hello world")`, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`},
		{`sha1("hello world")`, `"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"`},
		{`sha256("hello world")`, `"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"`},
		{`substr(sha512("hello world"), 0, 16)`, `"309ecc489c12d6eb"`},

		{`formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z")`, `"02 Jan 2018 23:12 UTC"`},
		{`plantimestamp()`, `"2026-03-01T07:30:00Z"`},
		{`timeadd("2017-11-22T00:00:00Z", "10m")`, `"2017-11-22T00:10:00Z"`},
		{`timecmp("2017-11-22T00:00:00Z", "2017-11-22T01:00:00Z")`, `-1`},
		{`timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00-01:00")`, `0`},
		{`timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00+01:00")`, `1`},

		{`can(tonumber("1"))`, `true`},
		{`can({}.a)`, `false`},
		{`issensitive(sensitive("a"))`, `true`},
		{`issensitive("a")`, `false`},
		{`issensitive("${sensitive("a")}b")`, `true`},
		{`issensitive(null)`, `false`},
		{`tobool("true")`, `true`},
		{`tolist(["a", 3])`, `tolist(["a", "3"])`},
		{`tomap({ a = 1, b = "x" })`, `tomap({ a = "1", b = "x" })`},
		{`tonumber("1.5")`, `1.5`},
		{`toset(["c", "b", "b"])`, `toset(["b", "c"])`},
		{`tostring(1.5)`, `"1.5"`},
		{`tostring(null)`, `null`},
		{`try({}.a, tonumber("x"), "b")`, `"b"`},
		{`sensitive("a") == "a" ? 1 : 2`, `sensitive(1)`},

		{`basename("foo/bar/baz.txt")`, `"baz.txt"`},
		{`dirname("foo/bar/baz.txt")`, `"foo/bar"`},
	} {
		for _, name := range functionNames() {
			if strings.Contains(c.call, name+"(") {
				called[name] = true
			}
		}
		got, problem := evaluate(t, "", c.call, nil)
		if problem != "" {
			t.Errorf("%s: %s", c.call, problem)
			continue
		}
		want, problem := evaluate(t, "", c.want, nil)
		if problem != "" {
			t.Fatalf("%s: %s", c.want, problem)
		}
		if got.IsNull() && want.IsNull() {
			continue
		}
		if !sameOrEmpty(got, want) {
			t.Errorf("%s\ngot  %#v\nwant %#v", c.call, got, want)
		}
	}
	for _, name := range functionNames() {
		if !called[name] && !readsFiles(name) { // those are in filefunctions_test.go
			t.Errorf("%s: no example says what it means", name)
		}
	}
}

// sameOrEmpty passes over what an empty collection has no element of.
func sameOrEmpty(a, b cty.Value) bool {
	if a.RawEquals(b) {
		return true
	}
	empty := func(v cty.Value) bool { return !v.IsMarked() && v.CanIterateElements() && v.LengthInt() == 0 }
	return empty(a) && empty(b) && kindOf(a) == kindOf(b)
}

func TestFunctionDocs(t *testing.T) {
	seen := map[string]string{}
	count := 0
	for _, group := range Functions() {
		if group.Name == "" || !slices.IsSortedFunc(group.Functions, func(a, b Function) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("group %q has no name or order", group.Name)
		}
		for _, f := range group.Functions {
			count++
			first, _, _ := strings.Cut(f.Doc, " ")
			switch {
			case len(f.Doc) < 10 || strings.TrimSpace(f.Doc) != f.Doc:
				t.Errorf("%s: the doc is %q", f.Name, f.Doc)
			case strings.HasSuffix(f.Doc, ".") || strings.ContainsAny(f.Doc, "`|\n"):
				t.Errorf("%s: the doc ends with a full stop, or does not fit in a table: %q", f.Name, f.Doc)
			case strings.ToLower(first) != first:
				t.Errorf("%s: the doc begins with a capital: %q", f.Name, f.Doc)
			case seen[f.Doc] != "":
				t.Errorf("%s and %s have one doc: %q", seen[f.Doc], f.Name, f.Doc)
			}
			seen[f.Doc] = f.Name
			if !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.HasSuffix(f.Signature, ")") || f.Returns == "" {
				t.Errorf("%s: signature %q, returns %q", f.Name, f.Signature, f.Returns)
			}
			if _, ok := missingReasons()[f.Name]; ok {
				t.Errorf("%s exists, and why it does not is said too", f.Name)
			}
		}
	}
	if all := functions(outside{}); len(all) != count {
		t.Errorf("%d functions are described, and %d can be called: two have one name", count, len(all))
	}
}

func TestFunctionDescriptions(t *testing.T) {
	want := map[string]string{
		"join":          "join(separator, lists...) string",
		"transpose":     "transpose(map) map(list(string))",
		"plantimestamp": "plantimestamp() string",
		"fileset":       "fileset(path, pattern) set(string)",
		"try":           "try(expressions...) any",
		"keys":          "keys(map) any",
		"contains":      "contains(list, value) bool",
		"sum":           "sum(list) number",
		"concat":        "concat(lists...) any",
	}
	for _, group := range Functions() {
		for _, f := range group.Functions {
			if w, ok := want[f.Name]; ok && f.Signature+" "+f.Returns != w {
				t.Errorf("got %s %s, want %s", f.Signature, f.Returns, w)
			}
			for _, p := range f.Params {
				checkTypeName(t, f.Name, p.Type)
			}
			if f.Variadic != nil {
				checkTypeName(t, f.Name, f.Variadic.Type)
			}
			checkTypeName(t, f.Name, f.Returns)
		}
	}
}

func checkTypeName(t *testing.T, function, name string) {
	t.Helper()
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz()") != "" {
		t.Errorf("%s: a type is called %q", function, name)
	}
}

func TestMissingFunctions(t *testing.T) {
	for name, want := range map[string]string{
		"uper":         `There is no function named "uper". Did you mean "upper"?`,
		"xyzzyxyzzy":   `There is no function named "xyzzyxyzzy".`,
		"timestamp":    "plantimestamp()",
		"uuid":         "each time",
		"nonsensitive": "secrets leak",
		"abspath":      "relative",
	} {
		if got := missingFunction(name); !strings.Contains(got, want) || !strings.HasPrefix(got, "There is no function named ") || strings.Contains(got, "..") {
			t.Errorf("%s: got %q, want %q in it", name, got, want)
		}
	}
	for name, reason := range missingReasons() {
		if reason == "" || strings.HasSuffix(reason, ".") {
			t.Errorf("%s: the reason is %q", name, reason)
		}
	}
}
