package document

import (
	"strconv"
	"strings"

	"github.com/imapform/imapform/config"
)

// An address is that of a block, in parts: module.a["x"].folder.list["golang"].
type address struct {
	module string  // module.a["x"]; empty: the root module
	kind   string  // folder
	label  string  // list
	index  *string // golang; nil: it has none
}

// addressOf takes an address apart; false: it is none.
func addressOf(s string) (address, bool) {
	var a address
	rest := s
	for strings.HasPrefix(rest, "module.") {
		end := len("module.") + strings.IndexAny(rest[len("module."):], ".[")
		if end < len("module.") {
			return address{}, false
		}
		if rest[end] == '[' {
			n := config.IndexEnd(rest[end:])
			if n == 0 {
				return address{}, false
			}
			end += n
		}
		if end >= len(rest) || rest[end] != '.' {
			return address{}, false
		}
		rest = rest[end+1:]
		a.module = s[:len(s)-len(rest)-1]
	}
	kind, label, ok := strings.Cut(rest, ".")
	if !ok || kind == "" {
		return address{}, false
	}
	a.kind = kind
	if i := strings.IndexByte(label, '['); i >= 0 {
		key := keyOf(label[i:])
		a.index = &key
		label = label[:i]
	}
	a.label = label
	return a, label != ""
}

// keyOf is the key of ["…"].
func keyOf(index string) string {
	inside := strings.TrimSuffix(strings.TrimPrefix(index, "["), "]")
	key, err := strconv.Unquote(inside)
	if err != nil {
		return inside
	}
	return strings.NewReplacer("$${", "${", "%%{", "%{").Replace(key)
}

// quoteKey writes a key as it stands in an address.
func quoteKey(key string) string {
	return `["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{").Replace(key) + `"]`
}
