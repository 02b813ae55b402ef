package render

import (
	"strings"

	"github.com/imapform/imapform/config"
)

// blockOf is the type and the label of the block that an address names, behind the
// modules that it stands in: folder and list of module.a["x"].folder.list["golang"].
func blockOf(address string) (kind, label string) {
	rest := address
	for strings.HasPrefix(rest, "module.") {
		rest = strings.TrimPrefix(rest, "module.")
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			return "", ""
		}
		rest = rest[end:]
		if rest[0] == '[' {
			n := config.IndexEnd(rest)
			if n == 0 {
				return "", ""
			}
			rest = rest[n:]
		}
		rest = strings.TrimPrefix(rest, ".")
	}
	kind, label, ok := strings.Cut(rest, ".")
	if !ok {
		return "", ""
	}
	label, _, _ = strings.Cut(label, "[")
	return kind, label
}
