package config

import (
	"maps"

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
	if len(names) > 0 {
		files, diags := readConfigFiles(src.Dir, "")
		maps.Copy(shared.files, files)
		if diags.HasErrors() {
			return nil, files, sorted(diags)
		}
		l.loadWhole(files)
	}
	if shared.problems.diags.HasErrors() {
		return nil, shared.files, sorted(shared.problems.diags)
	}
	return &Console{l}, shared.files, sorted(shared.problems.diags)
}

// consoleFile is what the text of an expression is called in diagnostics.
const consoleFile = "<expression>"

// Eval evaluates an expression. The value may be unknown, where a variable has no
// value, and marked, where it must not be shown; Shown writes it for people.
func (c *Console) Eval(text string) (cty.Value, Files, hcl.Diagnostics) {
	src := []byte(text)
	files := Files{consoleFile: {Bytes: src}}
	if diags := tooDeep(src, consoleFile); diags != nil {
		return cty.DynamicVal, files, diags
	}
	expr, diags := hclsyntax.ParseExpression(src, consoleFile, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, files, diags
	}
	c.l.report = report{problems: &problems{}}
	c.l.files[consoleFile] = files[consoleFile]
	v, _ := c.l.eval(expr, nil)
	return v, files, sorted(c.l.report.diags)
}
