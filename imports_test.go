package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/imapform/imapform/"

// mayImport is the architecture: which packages of this module each package's code
// (not its tests) may import. If this test fails, move code before touching it.
var mayImport = map[string][]string{
	".":                    {"internal/cli"},
	"apply":                {"plan", "internal/journal", "internal/mailbox", "internal/message", "internal/uidset"},
	"config":               {"rules", "internal/mailbox", "internal/message", "internal/utf7"},
	"internal/backup":      {"apply", "plan", "internal/mailbox", "internal/message"},
	"internal/bench/floor": {},
	"internal/cache":       {"internal/mailbox", "internal/message", "internal/state"},
	"internal/check":       {"config", "rules", "internal/mailbox"},
	"internal/cli":         {"apply", "config", "plan", "rules", "internal/backup", "internal/cache", "internal/check", "internal/document", "internal/flow", "internal/journal", "internal/lock", "internal/mailbox", "internal/message", "internal/rehearse", "internal/render", "internal/schema", "internal/server", "internal/state", "internal/undo"},
	"internal/document":    {"config", "plan", "internal/mailbox"},
	"internal/flow":        {"plan", "internal/mailbox"},
	"internal/imaptest":    {"internal/server/wire", "internal/mailbox"},
	"internal/journal":     {"internal/mailbox", "internal/state"},
	"internal/lock":        {"internal/state"},
	"internal/maildir":     {"internal/mbox", "internal/message", "internal/utf7"},
	"internal/mailbox":     {},
	"internal/mbox":        {},
	"internal/message":     {"internal/mailbox"},
	"internal/model":       {"apply", "plan", "internal/mailbox", "internal/message"},
	"internal/reference":   {"config", "rules", "internal/mailbox"},
	"internal/rehearse":    {"apply", "config", "plan", "rules", "internal/mailbox", "internal/message", "internal/model"},
	"internal/render":      {"apply", "config", "plan", "rules", "internal/document", "internal/flow", "internal/journal", "internal/mailbox", "internal/rehearse"},
	"internal/schema":      {"config", "rules", "internal/mailbox"},
	"internal/server":      {"apply", "config", "plan", "internal/cache", "internal/mailbox", "internal/maildir", "internal/message", "internal/server/wire", "internal/uidset", "internal/utf7"},
	"internal/server/wire": {},
	"internal/state":       {},
	"internal/uidset":      {},
	"internal/undo":        {"plan", "internal/journal", "internal/mailbox", "internal/message"},
	"internal/utf7":        {},
	"plan":                 {"config", "rules", "internal/mailbox", "internal/message", "internal/uidset"},
	"rules":                {"internal/mailbox", "internal/message"},
}

// onlyImporters are foreign packages that only these packages' code may import.
var onlyImporters = map[string][]string{
	"github.com/emersion/go-imap/v2/imapclient": {"internal/server"},
	"github.com/emersion/go-imap/v2/imapserver": {"internal/maildir"},
}

// pure packages import none of these and read no clock.
var (
	pure      = []string{"plan", "rules", "internal/check", "internal/document", "internal/flow", "internal/mailbox", "internal/message", "internal/uidset", "internal/undo", "internal/utf7"}
	impurable = []string{"os", "net", "log", "log/slog", "io/ioutil", "os/exec", "net/http"}
)

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		seen[dir] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		checkFile(t, dir, path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range mayImport {
		if !seen[dir] {
			t.Errorf("the table names %s, which has no code", dir)
		}
	}
}

func checkFile(t *testing.T, dir, path string, file *ast.File) {
	allowed, ok := mayImport[dir]
	if !ok {
		t.Errorf("%s: the package is not in the table", path)
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if own, ok := strings.CutPrefix(name, module); ok && !slices.Contains(allowed, own) {
			t.Errorf("%s imports %s, which %s may not", path, own, dir)
		}
		if importers, ok := onlyImporters[name]; ok && !slices.Contains(importers, dir) {
			t.Errorf("%s imports %s, which only %q may", path, name, importers)
		}
		if slices.Contains(pure, dir) && slices.Contains(impurable, name) {
			t.Errorf("%s imports %s, and %s is pure", path, name, dir)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(pure, dir) {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick"}, sel.Sel.Name) {
				t.Errorf("%s names time.%s, and %s reads no clock", path, sel.Sel.Name, dir)
			}
		}
		return true
	})
}

// docs/dependencies.md says of every module that is required directly why it is
// there, and go.mod replaces none.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for line := range strings.Lines(string(mod)) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "replace"):
			t.Errorf("go.mod: %s", line)
		case len(words) == 2 && strings.HasPrefix(words[1], "v"):
			modules++
			if name := strings.TrimPrefix(words[0], "github.com/"); !strings.Contains(string(page), "["+name+"]") {
				t.Errorf("docs/dependencies.md does not say why %s is there", words[0])
			}
		}
	}
	if modules == 0 {
		t.Error("go.mod names no modules")
	}
}
