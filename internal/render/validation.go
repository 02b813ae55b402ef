package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
)

// The JSON of diagnostics has the shape of `terraform validate -json`, and names
// modules besides.
type (
	validation struct {
		FormatVersion string       `json:"format_version"`
		Valid         bool         `json:"valid"`
		ErrorCount    int          `json:"error_count"`
		WarningCount  int          `json:"warning_count"`
		Diagnostics   []diagnostic `json:"diagnostics"`
	}
	diagnostic  = document.Diagnostic
	sourceRange = document.Range
	position    = document.Position
	snippet     = document.Snippet
)

// ValidationJSON writes what validate found as one JSON object.
func ValidationJSON(w io.Writer, diags hcl.Diagnostics, files config.Files) error {
	v := validation{FormatVersion: "1.0", Valid: !diags.HasErrors(), Diagnostics: []diagnostic{}}
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			v.WarningCount++
		} else {
			v.ErrorCount++
		}
		v.Diagnostics = append(v.Diagnostics, diagnosticOf(d, files))
	}
	return writeJSON(w, v)
}

func diagnosticOf(d *hcl.Diagnostic, files config.Files) diagnostic {
	shown := diagnostic{Severity: document.SeverityError, Summary: d.Summary, Detail: d.Detail, Module: config.ModuleOf(d)}
	if d.Severity == hcl.DiagWarning {
		shown.Severity = document.SeverityWarning
	}
	if d.Subject != nil && d.Subject.Filename != "" {
		shown.Range = rangeOf(markable(*d.Subject))
		shown.Snippet = snippetOf(d, files)
	}
	return shown
}

func rangeOf(r hcl.Range) *sourceRange {
	return &sourceRange{
		Filename: r.Filename,
		Start:    position{Line: r.Start.Line, Column: r.Start.Column, Byte: r.Start.Byte},
		End:      position{Line: r.End.Line, Column: r.End.Column, Byte: r.End.Byte},
	}
}

func snippetOf(d *hcl.Diagnostic, files config.Files) *snippet {
	lines, in := source(d, files)
	if len(lines) == 0 {
		return nil
	}
	s := &snippet{StartLine: lines[0].number, Values: valuesOf(d)}
	if s.Values == nil {
		s.Values = []value{}
	}
	if in != "" {
		s.Context = &in
	}
	var code strings.Builder
	marked := false
	for i, line := range lines {
		if i > 0 {
			code.WriteByte('\n')
		}
		before := runes(code.String()) + runes(line.before)
		code.WriteString(line.before + line.mark + line.after)
		if line.mark == "" {
			continue
		}
		if !marked {
			s.HighlightStart, marked = before, true
		}
		s.HighlightEnd = before + runes(line.mark)
	}
	s.Code = code.String()
	return s
}

// writeJSON writes a value indented as Terraform does. What a terminal would obey, or
// nobody would see, in the strings of strangers becomes an escape: encoding/json escapes
// some of it only.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapeJSON(b.Bytes()))
	return err
}
