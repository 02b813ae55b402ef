package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// asked is what functions of that name give, with its arguments and from outside, and
// whether it was noted that something came in.
func asked(t *testing.T, o outside, name string, args []cty.Value) (v cty.Value, err error, noted bool) {
	t.Helper()
	o.inputs = &inputs{seen: map[digest]digest{}}
	v, err = functions(o)[name].Call(args)
	return v, err, o.inputs.refused.Load() || len(o.inputs.seen) > 0
}

// TestWhatComesInIsNoted calls every function in two places, at two times: one that
// gives something else there has noted why, and those that do so are the ones here.
func TestWhatComesInIsNoted(t *testing.T) {
	here, there := outside{dir: templateDir(t), now: planTime()}, outside{dir: t.TempDir(), now: planTime().Add(time.Hour)}
	given := calls(t)
	given["plantimestamp"] = [][]cty.Value{{}}
	given["issensitive"] = [][]cty.Value{{cty.StringVal("a")}}
	given["fileset"] = append(given["fileset"], []cty.Value{cty.StringVal("."), cty.StringVal("*")})
	differing := map[string]bool{}
	for _, name := range functionNames() {
		if len(given[name]) == 0 {
			t.Errorf("%s is not called here", name)
		}
		for _, args := range given[name] {
			one, oneErr, oneNoted := asked(t, here, name, args)
			other, otherErr, otherNoted := asked(t, there, name, args)
			same := (oneErr == nil) == (otherErr == nil) && (oneErr != nil || one.RawEquals(other))
			if !same {
				differing[name] = true
				if !oneNoted || !otherNoted {
					t.Errorf("%s of %#v gives something else there, and it is not noted that something comes in", name, args)
				}
			}
		}
	}
	for _, name := range functionNames() {
		if want := readsFiles(name) || name == "plantimestamp"; differing[name] != want {
			t.Errorf("%s gives something else there: %t", name, differing[name])
		}
	}
}

// TestNothingComesInElsewhere: what can tell something of the world is used in the
// files that are named here only. Whoever adds one sees to it that it comes in by way
// of an outside, or else bears on no plan.
func TestNothingComesInElsewhere(t *testing.T) {
	allowed := map[string][]string{
		"os":          {"files.go", "filefunctions.go", "filesetfunction.go"}, // the configuration's own files, and what an outside asks for
		"os/exec":     {"credential.go"},
		"os/user":     nil,
		"runtime":     nil,
		"crypto/rand": nil, "math/rand": nil, "math/rand/v2": nil,
		"net/http": nil, "syscall": {"filefunctions.go"}, // errors

		"time.Now": nil, "time.Since": nil, "time.Until": nil, "time.Local": nil,
		"readBelow": {"outside.go", "filefunctions.go"}, "existsBelow": {"outside.go", "filefunctions.go"}, "filesBelow": {"outside.go", "filesetfunction.go"},
		"octetsBelow": {"filefunctions.go", "testsource.go"},   // messages of tests
		"src.Now":     {"loader.go", "testfile.go"},            // for an outside, and tests
		"src.Environ": {"varvalues.go", "account.go"},          // variables; ~ and password_command
		"o.now":       {"outside.go"}, "o.dir": {"outside.go"}, // which note that it was asked for
		"src.Dir":     {"account.go", "console.go", "fingerprint.go", "load.go", "loader.go", "testfile.go", "varvalues.go"},
		"src.Version": {"version.go"},
	}
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	found := map[string][]string{}
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			for _, used := range usedIn(t, name) {
				if files, ok := allowed[used]; ok && !slices.Contains(files, name) {
					t.Errorf("%s uses %s", name, used)
				}
				found[used] = append(found[used], name)
			}
		}
	}
	for used, files := range allowed {
		for _, name := range files {
			if !slices.Contains(found[used], name) {
				t.Errorf("%s does not use %s, and may", name, used)
			}
		}
	}
}

// usedIn are the imports of a file, its names, and those after a dot with what is
// before it.
func usedIn(t *testing.T, name string) []string {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, i := range file.Imports {
		used = append(used, strings.Trim(i.Path.Value, `"`))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			used = append(used, n.Name)
		case *ast.SelectorExpr:
			switch before := n.X.(type) {
			case *ast.Ident:
				used = append(used, before.Name+"."+n.Sel.Name)
			case *ast.SelectorExpr:
				used = append(used, before.Sel.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return used
}

// TestSensitiveReachesCredentialsOnly: no other argument takes such a value.
func TestSensitiveReachesCredentialsOnly(t *testing.T) {
	secret := secretOf("account", accountArguments())
	secret = append(secret, secretOf("folder", folderArguments())...)
	secret = append(secret, secretOf("rule", ruleArguments())...)
	secret = append(secret, secretOf("moved", movedArguments())...)
	secret = append(secret, secretOf("removed", removedArguments())...)
	secret = append(secret, secretOf("policy", policyArguments())...)
	secret = append(secret, secretOf("variable", variableArguments())...)
	secret = append(secret, secretOf("output", outputArguments())...)
	if want := []string{"account.username", "account.password", "account.password_command"}; !slices.Equal(secret, want) {
		t.Errorf("a sensitive value may reach %v, want %v: nothing that bears on a plan", secret, want)
	}
}

func secretOf[T any](kind string, table []argument[T]) (names []string) {
	for _, a := range table {
		if a.secret {
			names = append(names, kind+"."+a.name)
		}
	}
	return names
}
