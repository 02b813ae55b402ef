package config

import (
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Console evaluates expressions over what a configuration declares.
type Console struct{ l *loader }

// OpenConsole loads a directory for a Console; one without configuration files
// serves for what refers to nothing. With errors among the diagnostics there is no
// Console.
func OpenConsole(src Source) (*Console, Files, hcl.Diagnostics) {
	names, diags := listFiles(src.Dir, isConfigFile)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	shared := newLoading(src)
	l := shared.newLoader(src.Dir, src.Now)
	files := Files{}
	if len(names) > 0 {
		files, diags = readConfigFiles(src.Dir, "")
		maps.Copy(shared.files, files)
		if diags.HasErrors() {
			return nil, files, sorted(diags)
		}
	}
	l.loadWhole(files)
	if shared.problems.diags.HasErrors() {
		return nil, shared.files, sorted(shared.problems.diags)
	}
	return &Console{l}, shared.files, sorted(shared.problems.diags)
}

// consoleFile is what the text of an expression is called in diagnostics.
const consoleFile = "<expression>"

// Eval evaluates an expression. The value may be unknown, where a variable has no
// value, and marked, where it must not be shown; Shown writes it for people. The
// files are those that the diagnostics point into.
func (c *Console) Eval(text string) (cty.Value, Files, hcl.Diagnostics) {
	_, v, files, diags := c.eval(text)
	return v, files, diags
}

// EvalJSON evaluates an expression and writes its value as JSON, an account or a
// match as its address. It is an error if something of the value must not be shown,
// or is not known.
func (c *Console) EvalJSON(text string) ([]byte, Files, hcl.Diagnostics) {
	expr, v, files, diags := c.eval(text)
	if diags.HasErrors() {
		return nil, files, diags
	}
	json, err := shownJSON(v)
	if err != nil {
		return nil, files, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  "Value without JSON",
			Detail:   fmt.Sprintf("This cannot be written as JSON: %s.", err),
			Subject:  expr.Range().Ptr(),
		})
	}
	return json, files, diags
}

func (c *Console) eval(text string) (hcl.Expression, cty.Value, Files, hcl.Diagnostics) {
	src := []byte(withoutEnd(text))
	files := Files{consoleFile: {Bytes: src}}
	if diags := tooDeep(src, consoleFile); diags != nil {
		return nil, cty.DynamicVal, files, diags
	}
	expr, diags := hclsyntax.ParseExpression(src, consoleFile, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, cty.DynamicVal, files, diags
	}
	c.l.report = report{problems: &problems{}}
	c.l.files[consoleFile] = files[consoleFile]
	v, _ := c.l.eval(expr, nil)
	return expr, v, files, sorted(c.l.report.diags)
}

// withoutEnd is a text without the white space at its end, so that what is missing
// there is missing in a line that can be shown. The end of a heredoc needs its own.
func withoutEnd(text string) string {
	trimmed := strings.TrimRight(text, " \t\r\n")
	if new(Lines).Add(trimmed) != new(Lines).Add(text) {
		return text
	}
	return trimmed
}
