package config

import (
	"fmt"
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
	l := newLoader(src)
	files, ok := l.take(readAnyConfigFiles(src.Dir))
	if !ok {
		return loaded[Console](l, nil)
	}
	l.loadWhole(files)
	return loaded(l, &Console{l})
}

// readAnyConfigFiles parses the configuration files of a directory, which may have
// none.
func readAnyConfigFiles(dir string) (Files, hcl.Diagnostics) {
	if names, diags := listFiles(dir, isConfigFile); len(names) == 0 {
		return nil, diags
	}
	return readConfigFiles(dir, "")
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
	return expr, v, files, c.l.report.all()
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
