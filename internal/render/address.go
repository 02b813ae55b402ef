package render

import "strings"

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
			rest = behindIndex(rest)
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

// behindIndex is what follows ["…"], whose text may hold anything.
func behindIndex(s string) string {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return s[i+1:]
		}
	}
	return ""
}
