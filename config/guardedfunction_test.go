package config

import (
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const secret = "hunter2-ümläut"

// calls are arguments that each function takes, with a secret among them.
func calls(t *testing.T) map[string][][]cty.Value {
	t.Helper()
	s, n := cty.StringVal(secret), cty.NumberIntVal(2)
	str := cty.StringVal
	at := str("2026-01-01T00:00:00Z")
	list := cty.ListVal([]cty.Value{s, str("x")})
	set := cty.SetVal([]cty.Value{s, str("x")})
	tuple := cty.TupleVal([]cty.Value{s, str("x")})
	of := cty.MapVal(map[string]cty.Value{"a": s})
	object := cty.ObjectVal(map[string]cty.Value{"a": s})
	numbers := cty.ListVal([]cty.Value{n, n})
	lists := cty.MapVal(map[string]cty.Value{"a": list})
	args := func(v ...cty.Value) []cty.Value { return v }
	one, two := [][]cty.Value{args(s)}, [][]cty.Value{args(s, str("x"))}
	return map[string][][]cty.Value{
		"chomp": one, "endswith": two, "format": {args(str("%s"), s)}, "formatlist": {args(str("%s"), list), args(str("%s"), s)},
		"indent": {args(n, s)}, "join": {args(str(","), list)}, "lower": one, "regex": {args(str("."), s), args(s, str("x"))}, "regexall": {args(str("."), s)},
		"replace": {args(s, str("a"), str("b")), args(s, str("/("), str("b"))}, "split": {args(str("-"), s)}, "startswith": two, "strcontains": two, "strrev": one,
		"substr": {args(s, n, n)}, "title": one, "trim": two, "trimprefix": two, "trimspace": one, "trimsuffix": two, "upper": one,
		"alltrue":   {args(cty.ListVal([]cty.Value{cty.True}))},
		"anytrue":   {args(cty.ListVal([]cty.Value{cty.True}))},
		"chunklist": {args(list, n)}, "coalesce": {args(s, s)}, "coalescelist": {args(list, list)}, "compact": {args(list)},
		"concat": {args(list, list)}, "contains": {args(list, s)}, "distinct": {args(list)}, "element": {args(list, n)}, "flatten": {args(cty.TupleVal([]cty.Value{list}))},
		"index": {args(list, s), args(tuple, str("z"))}, "keys": {args(of), args(object)}, "length": {args(s), args(list), args(of), args(object), args(tuple)},
		"lookup": {args(of, str("a")), args(object, s, str("x")), args(of, s), args(of, str("b"), s)}, "matchkeys": {args(list, list, list)}, "merge": {args(of, object)},
		"one": {args(cty.ListVal([]cty.Value{s}))}, "range": {args(n)}, "reverse": {args(list)}, "setintersection": {args(set, set)}, "setproduct": {args(list, set)},
		"setsubtract": {args(set, set)}, "setunion": {args(set, set)}, "slice": {args(list, cty.Zero, n)}, "sort": {args(list)}, "sum": {args(numbers), args(list)},
		"transpose": {args(lists)}, "values": {args(of), args(object)}, "zipmap": {args(list, list)},
		"abs": {args(n)}, "ceil": {args(n)}, "floor": {args(n)}, "log": {args(n, n)}, "max": {args(n, n)}, "min": {args(n, n)}, "parseint": {args(s, n), args(str("10"), n)},
		"pow": {args(n, n)}, "signum": {args(n)},
		"base64decode": {args(s), args(str("eA=="))}, "base64encode": one, "csvdecode": {args(s), args(str("a\n" + secret + "\n\"")), args(str("a\n" + secret))},
		"jsondecode": {args(s), args(str(`["` + secret + `", x]`)), args(str(`["` + secret + `"]`))}, "jsonencode": {args(s), args(object)},
		"textdecodebase64": {args(s, str("UTF-8")), args(str("eA=="), str("UTF-8"))}, "textencodebase64": {args(s, str("US-ASCII")), args(s, str("UTF-8")), args(str("x"), s)},
		"urlencode": one, "yamldecode": {args(s), args(str("a: !" + secret + " b")), args(str("*" + secret)), args(str("{"))}, "yamlencode": {args(s), args(object)},
		"md5": one, "sha1": one, "sha256": one, "sha512": one,
		"formatdate": {args(s, at), args(str("YYYY"), at), args(str("YYYY"), s)}, "timeadd": {args(at, s), args(s, str("1h")), args(at, str("1h"))}, "timecmp": {args(at, s), args(at, at)},
		"plantimestamp": nil, "issensitive": nil, // nothing of a value is in what they give
		"can": {args(closure(t, "tonumber(v)", s))}, "try": {args(closure(t, "tonumber(v)", s)), args(closure(t, "tonumber(v)", s), closure(t, "1", s)), args(closure(t, "v", s)), args(closure(t, "v.nothing", object))},
		"sensitive": one, "tobool": {args(s), args(cty.True)}, "tolist": {args(s), args(set)}, "tomap": {args(s), args(of)}, "tonumber": {args(s), args(str("1"))},
		"toset": {args(s), args(list)}, "tostring": {args(s), args(object), args(n)},
		"basename": one, "dirname": one, "file": {args(s), args(str("name.txt"))}, "fileexists": {args(s), args(str("name.txt")), args(str("/" + secret))}, "fileset": {args(str("."), s), args(s, str("*")), args(str("."), str("["+secret))},
		"templatefile": {args(str("name.txt"), object), args(s, object), args(str("bad.txt"), object), args(str("name.txt"), cty.MapVal(map[string]cty.Value{secret + " ": s}))},
	}
}

// closure is an expression that refers to v, which is sensitive.
func closure(t *testing.T, src string, v cty.Value) cty.Value {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return customdecode.ExpressionClosureVal(&customdecode.ExpressionClosure{Expression: expr, EvalContext: &hcl.EvalContext{
		Variables: map[string]cty.Value{"v": v.Mark(sensitiveMark{})}, Functions: functions(outside{}),
	}})
}

func templateDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"name.txt": "<${a}>", "bad.txt": "\n${tonumber(a)}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSecretsStaySecret calls every function with each of its arguments being
// sensitive: so is the result, or an error does not show it.
func TestSecretsStaySecret(t *testing.T) {
	given := calls(t)
	worked := map[string]bool{}
	for name, f := range functions(outside{dir: templateDir(t), now: planTime()}) {
		all, ok := given[name]
		if !ok {
			t.Errorf("%s is not called here", name)
		}
		for _, args := range all {
			for i := range args {
				marked := append([]cty.Value(nil), args...)
				if args[i].Type() != customdecode.ExpressionClosureType {
					marked[i] = args[i].Mark(sensitiveMark{})
				}
				v, err := f.Call(marked)
				switch {
				case err == nil && !v.IsMarked() && !(v.ContainsMarked() && name != "tostring"):
					t.Errorf("%s, argument %d of %#v: the result is not sensitive: %#v", name, i, args, v)
				case err == nil:
					worked[name] = true
				case strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), errHidden.Error()):
					t.Errorf("%s: the error tells too much: %v", name, err)
				}
			}
		}
		if len(all) > 0 && !worked[name] {
			t.Errorf("%s never gave a value", name)
		}
	}
}

// TestHostileArguments: no function panics, hangs, or speaks of Go.
func TestHostileArguments(t *testing.T) {
	huge := cty.NumberVal(mustFloat(t, "1e400"))
	absurd := cty.NumberVal(mustFloat(t, "1e4000000"))
	match := cty.Capsule("a named match", reflect.TypeFor[struct{}]())
	s := cty.StringVal
	deep := s(strings.Repeat("[", 100_000))
	hostile := []cty.Value{
		cty.NullVal(cty.DynamicPseudoType), cty.NullVal(cty.String), cty.NullVal(cty.List(cty.String)), cty.DynamicVal, cty.UnknownVal(cty.String),
		cty.UnknownVal(cty.List(cty.String)), cty.UnknownVal(cty.Set(cty.Number)), cty.UnknownVal(cty.Map(cty.List(cty.String))), cty.UnknownVal(cty.Number),
		huge, huge.Negate(), absurd, absurd.Negate(), cty.PositiveInfinity, cty.NegativeInfinity, cty.NumberIntVal(0), cty.NumberIntVal(-1), cty.NumberFloatVal(0.5), cty.NumberIntVal(1 << 40),
		s(""), s("x"), s("%"), s("%999999999s"), s("%.99999999f"), s("%["), s("("), s("/(/"), s("[["), s("\x00"), s("../x"), s("/etc/passwd"), s("{"), s("&a [*a]"), deep, cty.True,
		cty.EmptyTupleVal, cty.EmptyObjectVal, cty.ListValEmpty(cty.String), cty.SetValEmpty(cty.String), cty.MapValEmpty(cty.String), cty.ListValEmpty(cty.Number),
		cty.TupleVal([]cty.Value{cty.NullVal(cty.String), cty.DynamicVal, cty.EmptyObjectVal}), cty.ListVal([]cty.Value{cty.NullVal(cty.String), cty.UnknownVal(cty.String)}),
		cty.ListVal([]cty.Value{cty.PositiveInfinity, cty.NegativeInfinity}), cty.SetVal([]cty.Value{cty.UnknownVal(cty.String)}),
		cty.ListVal([]cty.Value{cty.NullVal(cty.List(cty.String))}), cty.MapVal(map[string]cty.Value{"a": cty.NullVal(cty.List(cty.String))}),
		cty.ObjectVal(map[string]cty.Value{"a": cty.NullVal(cty.DynamicPseudoType), "": huge}), cty.CapsuleVal(match, new(struct{})),
		cty.TupleVal([]cty.Value{cty.CapsuleVal(match, new(struct{}))}),
	}
	fillers := []cty.Value{s("x"), cty.NumberIntVal(2), cty.ListVal([]cty.Value{s("x"), s("y")}), cty.NullVal(cty.String)}
	for name, f := range functions(outside{dir: templateDir(t)}) {
		if name == "can" || name == "try" {
			continue // they take expressions
		}
		for _, v := range hostile {
			for _, args := range combinations(f, v, hostile, fillers) {
				tryCall(t, name, f, args)
			}
		}
	}
}

func mustFloat(t *testing.T, s string) *big.Float {
	t.Helper()
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// combinations are calls with the value as the only argument, twice and three
// times, and with others about it.
func combinations(f function.Function, v cty.Value, hostile, fillers []cty.Value) [][]cty.Value {
	n := len(f.Params())
	var all [][]cty.Value
	if f.VarParam() != nil {
		n++
		all = append(all, nil)
	}
	if n == 0 {
		return [][]cty.Value{nil, {v}}
	}
	repeated := make([]cty.Value, n)
	for i := range repeated {
		repeated[i] = v
	}
	all = append(all, repeated, append(repeated[:n:n], v))
	for i := range n {
		for _, other := range append(fillers, hostile[:3]...) {
			args := make([]cty.Value, n)
			for j := range args {
				args[j] = other
			}
			args[i] = v
			all = append(all, args)
		}
	}
	return all
}

func tryCall(t *testing.T, name string, f function.Function, args []cty.Value) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s(%#v) panics: %v", name, args, r)
		}
	}()
	began := time.Now()
	_, err := f.Call(args)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("%s(%.200v) takes %s", name, args, took)
	}
	if err == nil {
		return
	}
	if _, ok := errors.AsType[function.PanicError](err); ok || goName.MatchString(err.Error()) || err.Error() == "" {
		t.Errorf("%s(%#v): the error is none for people: %v", name, args, err)
	}
}

// TestGuardKeepsTheArgument: an error still says which argument is wrong.
func TestGuardKeepsTheArgument(t *testing.T) {
	broken := func(how func()) function.Function {
		return guarded(function.New(&function.Spec{
			Params: []function.Parameter{{Name: "a", Type: cty.String}, {Name: "b", Type: cty.String}},
			Type:   function.StaticReturnType(cty.String),
			Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
				how()
				return cty.NilVal, function.NewArgErrorf(1, "bad %s", secret)
			},
		}))
	}
	plain, marked := cty.StringVal("x"), cty.StringVal("x").Mark(sensitiveMark{})
	for _, c := range []struct {
		how  func()
		arg  cty.Value
		want string
		at   int
	}{
		{func() {}, plain, "bad " + secret, 1},
		{func() {}, marked, errHidden.Error(), 1},
		{func() { panic("cty." + secret) }, plain, errKind.Error(), -1},
		{func() { panic("cty." + secret) }, marked, errHidden.Error(), -1},
	} {
		_, err := broken(c.how).Call([]cty.Value{c.arg, plain})
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
			continue
		}
		at := -1
		if arg, ok := errors.AsType[function.ArgError](err); ok {
			at = arg.Index
		}
		if at != c.at {
			t.Errorf("%v: at argument %d, want %d", err, at, c.at)
		}
	}
}
