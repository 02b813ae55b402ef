package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

const (
	maxEntries        = 100_000 // files and directories that fileset looks at
	maxDirectoryDepth = 64
	maxPattern        = 256 // bytes
	maxAlternatives   = 5   // pairs of braces: each multiplies the ways to match
)

func fileSet(o outside) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:         function.StaticReturnType(cty.Set(cty.String)),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			below, pattern := args[0].AsString(), args[1].AsString()
			if err := checkPattern(pattern); err != nil {
				return cty.NilVal, function.NewArgError(1, err)
			}
			names, err := o.files(below, path.Clean(pattern))
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			set := make([]cty.Value, len(names))
			for i, name := range names {
				set[i] = cty.StringVal(name)
			}
			return cty.SetVal(set), nil
		},
	})
}

func checkPattern(pattern string) error {
	switch {
	case pattern == "" || !doublestar.ValidatePattern(pattern):
		return fmt.Errorf("%q is no pattern; write one such as %q or %q", pattern, "*.csv", "**/*.txt")
	case len(pattern) > maxPattern || strings.Count(pattern, "{") > maxAlternatives:
		return fmt.Errorf("a pattern can have %d characters and %d pairs of braces at most", maxPattern, maxAlternatives)
	case path.IsAbs(pattern) || leadsUp(pattern):
		return fmt.Errorf("%q leads out of the directory; a pattern is relative to the path before it", pattern)
	}
	return nil
}

// leadsUp says whether "..", which no pattern needs, is a part of it, between
// braces too.
func leadsUp(pattern string) bool {
	parts := strings.FieldsFunc(pattern, func(r rune) bool { return strings.ContainsRune("/{},", r) })
	for _, part := range parts {
		if part == ".." {
			return true
		}
	}
	return false
}

// filesBelow are the files that the pattern takes, relative to the directory below,
// with slashes. Links are not followed to directories; one to a file is a file, if
// it does not lead out.
func filesBelow(dir, below, pattern string) ([]string, error) {
	root, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	top, err := root.OpenRoot(below)
	if err != nil {
		return nil, directoryError(below, err)
	}
	defer top.Close()
	w := walk{root: root, below: below, pattern: pattern, deepest: deepest(pattern)}
	base, _ := doublestar.SplitPattern(pattern)
	err = fs.WalkDir(top.FS(), base, w.entry)
	if errors.Is(err, fs.ErrNotExist) && w.entries == 0 {
		return nil, nil
	}
	return w.found, err
}

func directoryError(below string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no directory %q; paths are relative to the configuration's directory", below)
	}
	return pathError("list", below, err)
}

// deepest is how many directories below the first a pattern can reach.
func deepest(pattern string) int {
	if strings.Contains(pattern, "**") {
		return maxDirectoryDepth
	}
	return strings.Count(pattern, "/")
}

// A walk looks for files.
type walk struct {
	root    *os.Root // of the configuration
	below   string   // the directory in root that names are relative to
	pattern string
	deepest int
	entries int
	found   []string
}

func (w *walk) entry(name string, d fs.DirEntry, err error) error {
	if err != nil {
		if d == nil {
			return err // of the first directory: maybe there is none
		}
		return directoryError(path.Join(w.below, name), err)
	}
	if w.entries++; w.entries > maxEntries {
		return fmt.Errorf("more than %d files and directories stand there; name a directory with fewer", maxEntries)
	}
	if d.IsDir() {
		return w.directory(name)
	}
	if taken, err := doublestar.Match(w.pattern, name); err != nil || !taken {
		return err
	}
	regular, err := w.regular(name, d)
	if err != nil || !regular {
		return err
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("the name of the file %q is not UTF-8; rename it", name)
	}
	w.found = append(w.found, name)
	return nil
}

func (w *walk) directory(name string) error {
	switch depth := strings.Count(name, "/"); {
	case name == "." || depth < w.deepest:
		return nil
	case w.deepest == maxDirectoryDepth:
		return fmt.Errorf("directories are nested more than %d deep there", maxDirectoryDepth)
	}
	return fs.SkipDir
}

// regular says whether something is a file, or a link to one. A link that leads
// nowhere or out is none.
func (w *walk) regular(name string, d fs.DirEntry) (bool, error) {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.Type().IsRegular(), nil
	}
	info, err := w.root.Stat(filepath.Join(filepath.FromSlash(w.below), filepath.FromSlash(name)))
	if err != nil {
		return false, nil // file() says why, to who names it
	}
	return info.Mode().IsRegular(), nil
}
