package server

import (
	"slices"
	"strconv"
	"strings"

	"github.com/imapform/imapform/internal/server/wire"
)

// capabilities are what the server announces, in upper case. Only what stands there
// by name counts: IMAP4rev2 implies nothing here, because some servers announce it
// without what belongs to it.
type capabilities map[string]bool

// newCapabilities reads the answer to CAPABILITY; false: there was none.
func newCapabilities(reply wire.Reply) (capabilities, bool) {
	all, found := capabilities{}, false
	for _, r := range reply.Untagged {
		if r.Type != "CAPABILITY" {
			continue
		}
		found = true
		for _, v := range r.Values {
			all[strings.ToUpper(v.Text)] = true
		}
	}
	return all, found
}

func (all capabilities) has(names ...string) bool {
	for _, name := range names {
		if !all[name] {
			return false
		}
	}
	return true
}

// number returns the number of a capability such as MESSAGELIMIT=1000 (RFC 9738);
// 0: there is none.
func (all capabilities) number(name string) int {
	for c := range all {
		if value, ok := strings.CutPrefix(c, name+"="); ok {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				return n
			}
		}
	}
	return 0
}

// list returns what follows the prefix of the capabilities that have it, sorted.
func (all capabilities) list(prefix string) []string {
	var rest []string
	for c := range all {
		if r, ok := strings.CutPrefix(c, prefix); ok {
			rest = append(rest, r)
		}
	}
	slices.Sort(rest)
	return rest
}
