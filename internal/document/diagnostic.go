package document

// A Severity says how bad a diagnostic is.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// A Diagnostic is an error or a warning in the shape of `terraform validate -json`.
type Diagnostic struct {
	// Severity is error or warning.
	Severity Severity `json:"severity"`
	// Summary is a line.
	Summary string `json:"summary"`
	// Detail says more, in one or more lines. It may be empty.
	Detail string `json:"detail"`
	// Account is the address of the account that it is about. Left out: it is about
	// none, or about several.
	Account string `json:"account,omitempty"`
	// Module is the address of the module's instance in which it was found.
	Module string `json:"module,omitempty"`
	// Range is where in the configuration it points. Left out: nowhere.
	Range *Range `json:"range,omitempty"`
	// Snippet is what stands there, without secrets.
	Snippet *Snippet `json:"snippet,omitempty"`
}

// A Range is a piece of a configuration file.
type Range struct {
	// Filename is relative to the configuration directory.
	Filename string `json:"filename"`
	// Start is its first character.
	Start Position `json:"start"`
	// End is behind its last character.
	End Position `json:"end"`
}

// A Position is a place in a file.
type Position struct {
	// Line counts from 1.
	Line int `json:"line"`
	// Column counts characters of the line from 1. 0: it is not told.
	Column int `json:"column"`
	// Byte counts octets of the file from 0.
	Byte int `json:"byte"`
}

// A Snippet is the source of a diagnostic.
type Snippet struct {
	// Context is the header of the block in which it stands; null: it stands in none.
	Context *string `json:"context"`
	// Code is one or more lines, with secrets left out.
	Code string `json:"code"`
	// StartLine is the number of Code's first line.
	StartLine int `json:"start_line"`
	// HighlightStart is where in Code begins what is meant, in characters.
	HighlightStart int `json:"highlight_start_offset"`
	// HighlightEnd is behind what is meant.
	HighlightEnd int `json:"highlight_end_offset"`
	// Values are those to which the source refers.
	Values []Value `json:"values"`
}

// A Value is what an expression of a diagnostic refers to: `each.key`, `as "gh"`.
type Value struct {
	// Traversal is the reference.
	Traversal string `json:"traversal"`
	// Statement says what it is.
	Statement string `json:"statement"`
}
