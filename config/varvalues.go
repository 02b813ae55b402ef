package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// environmentPrefix is how environment variables begin that give values.
const environmentPrefix = "IMAPFORM_VAR_"

// A given value of a variable is an expression in a file, or else a text.
type given struct {
	origin string // where it comes from, for people
	expr   hcl.Expression
	text   string
	from   *loader   // of the module block that gives it; nil: it comes from outside
	each   *instance // of that block
}

// readValues collects the values of variables: whole values replace those that
// come before them.
func (l *loader) readValues() map[string]given {
	values := map[string]given{}
	for name := range l.variables {
		if text, ok := l.src.Environ[environmentPrefix+name]; ok {
			values[name] = given{origin: environmentPrefix + name, text: text}
		}
	}
	names, diags := listFiles(l.src.Dir, isAutomaticFile)
	l.report.addAll(diags)
	for _, first := range []bool{true, false} {
		for _, name := range names {
			if strings.HasPrefix(name, "imapform.imapvars.") == first {
				l.readValueFile(filepath.Join(l.src.Dir, name), name, values)
			}
		}
	}
	for _, v := range l.src.Vars {
		if v.File != "" {
			path := v.File
			if !filepath.IsAbs(path) {
				path = filepath.Join(l.src.Dir, path)
			}
			l.readValueFile(path, v.File, values)
		} else {
			l.argumentValue(v, values)
		}
	}
	return values
}

func isAutomaticFile(name string) bool {
	return name == "imapform.imapvars.hcl" || name == "imapform.imapvars.json" ||
		strings.HasSuffix(name, ".auto.imapvars.hcl") || strings.HasSuffix(name, ".auto.imapvars.json")
}

// argumentValue takes a -var.
func (l *loader) argumentValue(v VarSource, values map[string]given) {
	declared, ok := l.variables[v.Name]
	switch {
	case !ok:
		l.report.errorNowhere("Unknown variable",
			fmt.Sprintf("A value was given by -var=%s=…, but no such variable is declared.%s", v.Name, didYouMean(v.Name, sortedKeys(l.variables))))
	case declared.sensitive:
		l.report.errorNowhere("Sensitive variable on the command line",
			fmt.Sprintf("The variable %q is sensitive, and other users of the machine can read command lines. Set %s%s, or give a file by -var-file.", v.Name, environmentPrefix, v.Name))
		declared.unclear = true // that it has no value now is no second mistake
	default:
		values[v.Name] = given{origin: "-var=" + v.Name + "=…", text: v.Value}
	}
}

// withoutQuotes says of a file of values where it is wrong and not how: a parser
// quotes what it stumbles over, which may be a secret. A file that could not be
// read at all is nil, and has nothing in it to quote.
func withoutQuotes(file *hcl.File, diags hcl.Diagnostics) hcl.Diagnostics {
	var plain hcl.Diagnostics
	for _, d := range diags {
		hidden := *d
		if file != nil {
			hidden.Detail = "What is wrong here is not shown, since the line may hold a secret."
			hidden.Expression, hidden.EvalContext = nil, nil
		}
		plain = append(plain, &hidden)
	}
	return plain
}

// readValueFile takes the values of a file. No diagnostic shows a line of it.
func (l *loader) readValueFile(path, name string, values map[string]given) {
	file, diags := parseFile(path, name)
	if diags.HasErrors() {
		l.report.addAll(withoutQuotes(file, diags))
		return
	}
	attrs, diags := file.Body.JustAttributes()
	l.report.addAll(diags)
	for _, attr := range attributes(attrs) {
		if _, ok := l.variables[attr.Name]; !ok {
			l.report.errorAt(attr.NameRange, "Unknown variable",
				fmt.Sprintf("A value is given for %q, but no such variable is declared.%s", attr.Name, didYouMean(attr.Name, sortedKeys(l.variables))))
			continue
		}
		values[attr.Name] = given{origin: place(attr.Expr.Range()), expr: attr.Expr}
	}
}
