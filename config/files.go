package config

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// readConfigFiles parses the configuration files of a directory, which is called
// as a module says where it lies; empty: it is the configuration's own.
func readConfigFiles(dir, called string) (Files, hcl.Diagnostics) {
	names, diags := listFiles(dir, isConfigFile)
	if diags.HasErrors() {
		return nil, diags
	}
	if len(names) == 0 {
		return nil, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "No configuration files",
			Detail:   fmt.Sprintf("The directory %s contains no file whose name ends in .imap.hcl or .imap.json.", cmp.Or(called, dir)),
		}}
	}
	files := Files{}
	for _, name := range names {
		shown := path.Join(called, name)
		file, fileDiags := parseFile(filepath.Join(dir, name), shown)
		diags = append(diags, fileDiags...)
		if file != nil {
			files[shown] = file
		}
	}
	return files, diags
}

func isConfigFile(name string) bool {
	return strings.HasSuffix(name, ".imap.hcl") || strings.HasSuffix(name, ".imap.json")
}

// sameDirectory says whether two paths lead to one directory, whatever links there
// are on the way.
func sameDirectory(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// listFiles returns the names of the wanted files of a directory, in lexical
// order. Files that begin with a dot are left out: editors keep theirs so.
func listFiles(dir string, wanted func(name string) bool) ([]string, hcl.Diagnostics) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "Cannot read the configuration directory",
			Detail:   fmt.Sprintf("Read directory: %s.", err),
		}}
	}
	var names []string
	var diags hcl.Diagnostics
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !wanted(e.Name()) {
			continue
		}
		// What cannot be looked at is reported when it is read. A pipe would be
		// waited for, maybe for ever.
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && !info.Mode().IsRegular() {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Cannot read a file",
				Detail:   fmt.Sprintf("%s is no regular file.", e.Name()),
			})
			continue
		}
		names = append(names, e.Name())
	}
	return names, diags
}

// parseFile parses a file in the syntax that its name says. The file is nil if it
// cannot be read.
func parseFile(path, name string) (*hcl.File, hcl.Diagnostics) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "Cannot read a file",
			Detail:   fmt.Sprintf("Read %s: %s.", name, err),
		}}
	}
	return parse(src, name)
}

func parse(src []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if strings.HasSuffix(name, ".json") {
		if diags := tooDeepJSON(src, name); diags != nil {
			return nil, diags
		}
		file, diags := json.Parse(src, name)
		return file, firstError(diags)
	}
	if diags := tooDeep(src, name); diags != nil {
		return nil, diags
	}
	return hclsyntax.ParseConfig(src, name, hcl.InitialPos)
}

// firstError leaves what a JSON parser stumbled over first: the rest is its
// stumbling on, and that the root is no object is said of every broken file.
func firstError(diags hcl.Diagnostics) hcl.Diagnostics {
	if len(diags) < 2 {
		return diags
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int { return a.Subject.Start.Byte - b.Subject.Start.Byte })
	for _, d := range diags {
		if d.Summary != "Root value must be object" {
			return hcl.Diagnostics{d}
		}
	}
	return diags[:1]
}
