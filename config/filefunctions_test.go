package config

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// tree is a configuration's directory with files, links in and out of it, a pipe
// and a neighbour with a secret.
func tree(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "config")
	for name, text := range map[string]string{
		"secret.txt":             "hunter2",
		"config/staff.csv":       "name\nada\n",
		"config/lists/a.txt":     "a",
		"config/lists/b.csv":     "b",
		"config/lists/x/y/c.txt": "c",
		"config/lists/x/.hidden": "h",
		"config/{odd}.txt":       "odd",
		"config/latin1.txt":      "Gr\xfc\xdfe",
		"config/hello.tmpl":      "Hello, ${name}!\n%{ for n in names ~}\n- ${upper(n)}\n%{ endfor ~}\n",
		"config/object.tmpl":     "${ { a = name } }",
		"config/bad.tmpl":        "one\ntwo ${name +}\n",
		"config/type.tmpl":       "one\n${tonumber(name)}\n",
		"config/self.tmpl":       "${templatefile(\"self.tmpl\", {})}",
		"config/clock.tmpl":      "${timestamp()}",
		"config/read.tmpl":       "${file(\"lists/a.txt\")} ${plantimestamp()}",
		"config/escape.tmpl":     "${file(\"../secret.txt\")}",
		"config/deep.tmpl":       "${" + strings.Repeat("(", 5000),
		"config/deepif.tmpl":     strings.Repeat("%{if true}", 5000),
		"config/flat.tmpl":       strings.Repeat("%{if true}x%{endif}", 2000),
		"elsewhere/file.txt":     "hunter2",
	} {
		path := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{
		"out.txt": "../secret.txt", "absolute.txt": filepath.Join(top, "secret.txt"), "outdir": "../elsewhere", "in.txt": "lists/a.txt",
		"indir": "lists", "loop.txt": "loop.txt", "dangling.txt": "nothing", "lists/up.txt": "../staff.csv", "lists/self": ".",
	} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skipf("no links can be made: %v", err)
		}
	}
	if out, err := exec.Command("mkfifo", filepath.Join(dir, "pipe.txt")).CombinedOutput(); err != nil {
		t.Skipf("no pipe can be made: %v %s", err, out)
	}
	big, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	defer big.Close()
	if err := big.Truncate(maxFile + 1); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFileFunctions(t *testing.T) {
	dir := tree(t)
	for _, c := range []struct{ call, want string }{
		{`file("staff.csv")`, `"name\nada\n"`},
		{`file("./lists/../staff.csv")`, `"name\nada\n"`},
		{`file("in.txt")`, `"a"`},
		{`file("indir/a.txt")`, `"a"`},
		{`fileexists("staff.csv")`, `true`},
		{`fileexists("nothing.csv")`, `false`},
		{`fileexists("dangling.txt")`, `false`},
		{`fileset("lists", "*.txt")`, `toset(["a.txt", "up.txt"])`},
		{`fileset("lists", "**")`, `toset(["a.txt", "b.csv", "up.txt", "x/y/c.txt", "x/.hidden"])`},
		{`fileset("./lists", "**/*.{txt,csv}")`, `toset(["a.txt", "b.csv", "up.txt", "x/y/c.txt"])`},
		{`fileset(".", "lists/*/*/?.t[a-z]t")`, `toset(["lists/x/y/c.txt"])`},
		{`fileset(".", "lists/x/**")`, `toset(["lists/x/y/c.txt", "lists/x/.hidden"])`},
		{`fileset(".", "lists/x")`, `[]`},
		{`fileset(".", "lists/a.txt")`, `toset(["lists/a.txt"])`},
		{`fileset(".", "./lists/{a.txt,x/y/c.txt}")`, `toset(["lists/a.txt", "lists/x/y/c.txt"])`},
		{`fileset(".", "{lists,nothing}/x/y/*")`, `toset(["lists/x/y/c.txt"])`},
		{`fileset(".", "nothing/*")`, `[]`},
		{`fileset(".", "\\{odd\\}.txt")`, `toset(["{odd}.txt"])`},
		{`fileset("indir", "*.csv")`, `toset(["b.csv"])`},
		{`fileset(".", "{out,absolute,loop,dangling,pipe}.txt")`, `[]`},
		{`fileset(".", "{out,in}dir/*")`, `[]`},
		{`fileset(".", "in.txt")`, `toset(["in.txt"])`},
		{`templatefile("hello.tmpl", { name = "Ada", names = ["b", "c"] })`, `"Hello, Ada!\n- B\n- C\n"`},
		{`templatefile("object.tmpl", { name = 1 })`, `{ a = 1 }`},
		{`templatefile("object.tmpl", tomap({ name = "x", other = "y" }))`, `{ a = "x" }`},
		{`templatefile("read.tmpl", {})`, `"a 2026-03-01T07:30:00Z"`},
		{`templatefile("type.tmpl", { name = "5" })`, `"one\n5\n"`},
		{`length(templatefile("flat.tmpl", {}))`, `2000`},
		{`templatefile("type.tmpl", { name = sensitive(5) })`, `sensitive("one\n5\n")`},
	} {
		got, problem := evaluate(t, dir, c.call, nil)
		if problem != "" {
			t.Errorf("%s: %s", c.call, problem)
			continue
		}
		if want, _ := evaluate(t, dir, c.want, nil); !sameOrEmpty(got, want) && !(got.Type().IsSetType() && c.want == "[]" && got.LengthInt() == 0) {
			t.Errorf("%s\ngot  %#v\nwant %#v", c.call, got, want)
		}
	}
}

func TestFileFunctionsRefuse(t *testing.T) {
	dir := tree(t)
	for _, c := range []struct{ call, want string }{
		{`file("nothing.csv")`, `there is no file "nothing.csv"; paths are relative to the configuration's directory`},
		{`file("")`, `""`},
		{`file("../secret.txt")`, `"../secret.txt" leads out`},
		{`file("lists/../../secret.txt")`, `leads out`},
		{`file("/etc/passwd")`, `"/etc/passwd" is an absolute path`},
		{`file("~/x")`, `there is no file "~/x"`},
		{`file("out.txt")`, `"out.txt" leads out`},
		{`file("absolute.txt")`, `"absolute.txt" leads out`},
		{`file("outdir/file.txt")`, `leads out`},
		{`file("loop.txt")`, `"loop.txt"`},
		{`file("lists")`, `"lists" is a directory`},
		{`file("pipe.txt")`, `"pipe.txt" is a pipe`},
		{`file("big")`, `"big" is larger than 16 MiB`},
		{`file("latin1.txt")`, `"latin1.txt" is not UTF-8 text`},
		{`file("staff.csv/x")`, `"staff.csv/x"`},
		{`file("a\u0000b")`, `"a\x00b"`},
		{`fileexists("../secret.txt")`, `leads out`},
		{`fileexists("out.txt")`, `leads out`},
		{`fileexists("/etc/passwd")`, `absolute`},
		{`fileexists("lists")`, `is a directory`},
		{`fileexists("pipe.txt")`, `is a pipe`},
		{`fileset("..", "*")`, `".." leads out`},
		{`fileset("outdir", "*")`, `"outdir" leads out`},
		{`fileset("/etc", "*")`, `absolute`},
		{`fileset("nothing", "*")`, `there is no directory "nothing"`},
		{`fileset("staff.csv", "*")`, `"staff.csv"`},
		{`fileset(".", "../*")`, `leads out`},
		{`fileset(".", "lists/../../*")`, `leads out`},
		{`fileset(".", "{a,..}/*")`, `leads out`},
		{`fileset(".", "/etc/*")`, `leads out`},
		{`fileset(".", "[")`, `"[" is no pattern`},
		{`fileset(".", "")`, `"" is no pattern`},
		{`fileset(".", "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}")`, `5 pairs of braces`},
		{`templatefile("nothing.tmpl", {})`, `there is no file "nothing.tmpl"`},
		{`templatefile("../secret.txt", {})`, `leads out`},
		{`templatefile("hello.tmpl", "x")`, `are given as an object`},
		{`templatefile("hello.tmpl", { nam = "x", names = [] })`, `refers to "name" (hello.tmpl:1), which is none of the variables given to it; "nam" is`},
		{`templatefile("hello.tmpl", { "a b" = "x" })`, `"a b" can be no variable's name`},
		{`templatefile("bad.tmpl", { name = 1 })`, `bad.tmpl:2: `},
		{`templatefile("type.tmpl", { name = "x" })`, `type.tmpl:2: `},
		{`templatefile("self.tmpl", {})`, `self.tmpl:1: A template cannot render another one, or itself.`},
		{`templatefile("clock.tmpl", {})`, `plantimestamp()`},
		{`templatefile("escape.tmpl", {})`, `escape.tmpl:1: `},
		{`templatefile("deep.tmpl", {})`, `nested more than 500 deep`},
		{`templatefile("deepif.tmpl", {})`, `nested more than 500 deep`},
		{`templatefile("type.tmpl", { name = sensitive("hunter2") })`, errHidden.Error()},
	} {
		v, problem := evaluate(t, dir, c.call, nil)
		switch {
		case problem == "":
			t.Errorf("%s gives %#v", c.call, v)
		case !strings.Contains(problem, c.want):
			t.Errorf("%s: got %q, want %q in it", c.call, problem, c.want)
		case strings.Contains(problem, filepath.Dir(dir)) || strings.Contains(problem, "hunter2") || strings.Contains(problem, ".."+"."):
			t.Errorf("%s: %s", c.call, problem)
		}
	}
	gone := filepath.Join(dir, "gone")
	for _, call := range []string{`file("x")`, `fileexists("x")`, `fileset(".", "*")`, `templatefile("x", {})`} {
		if v, problem := evaluate(t, gone, call, nil); problem == "" || strings.Contains(problem, dir) {
			t.Errorf("%s without the directory: %#v, %q", call, v, problem)
		}
		if name, _, _ := strings.Cut(call, "("); !readsFiles(name) {
			t.Errorf("%s reads files, and it is not said so", name)
		}
	}
	for _, b := range fileFunctions(outside{dir: gone}) {
		if readsFiles(b.name) {
			continue
		}
		if _, err := b.function.Call([]cty.Value{cty.StringVal("x")}); err != nil {
			t.Errorf("%s is said to read no files: %v", b.name, err)
		}
	}
}

func TestFileSetBounds(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, strings.Repeat("d/", maxDirectoryDepth+1))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, problem := evaluate(t, dir, `fileset(".", "**")`, nil); !strings.Contains(problem, "nested more than 64 deep") {
		t.Errorf("too deep: %q", problem)
	}
	if v, problem := evaluate(t, dir, `fileset(".", "d/d/*.txt")`, nil); problem != "" || v.LengthInt() != 0 {
		t.Errorf("a pattern that does not reach so deep: %#v, %q", v, problem)
	}
	w := walk{pattern: "x", entries: maxEntries}
	if err := w.entry("x", nil, os.ErrPermission); err == nil {
		t.Error("a directory that cannot be read is taken for empty")
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.entry("x", dirEntry{info}, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprint(maxEntries)) {
		t.Errorf("too many: %v", err)
	}
}

type dirEntry struct{ os.FileInfo }

func (d dirEntry) Type() os.FileMode          { return d.Mode().Type() }
func (d dirEntry) Info() (os.FileInfo, error) { return d.FileInfo, nil }

// TestUnknownArguments: where a value is not known yet, nothing is read.
func TestUnknownArguments(t *testing.T) {
	all := functions(outside{dir: filepath.Join(t.TempDir(), "gone")})
	unknown := cty.UnknownVal(cty.String)
	for name, args := range map[string][]cty.Value{
		"file": {unknown}, "fileexists": {unknown}, "fileset": {unknown, cty.StringVal("*")}, "templatefile": {cty.StringVal("x"), cty.DynamicVal}, "plantimestamp": nil,
	} {
		if v, err := all[name].Call(args); err != nil || v.IsKnown() {
			t.Errorf("%s: %#v, %v", name, v, err)
		}
	}
}
