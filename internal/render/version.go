package render

import "io"

// A Version is what the version command tells.
type Version struct {
	Version  string `json:"imapform_version"`
	Platform string `json:"platform"` // "linux_amd64"
	Go       string `json:"go_version"`
}

// Text writes the version for people.
func (v Version) Text(w io.Writer, o Options) error {
	p := newPage(o)
	p.line(p.bold("imapform " + clean(v.Version)))
	p.line("on ", clean(v.Platform))
	return p.writeTo(w)
}

// JSON writes the version as one JSON object.
func (v Version) JSON(w io.Writer) error { return writeJSON(w, v) }
