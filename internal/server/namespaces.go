package server

import (
	"errors"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// Why a server's folder has no name in the configuration.
var (
	errForeign = errors.New("it belongs to other users or is shared")
	errOutside = errors.New("it lies outside of the namespace of the user's own folders")
)

// namespaces are all that a server has. The zero value is one for the user's own
// folders, without a prefix or a delimiter.
type namespaces struct {
	own    namespace
	others []namespace // other users' and shared ones, and further ones of the user's own
	mine   int         // how many of others are the user's own
}

// newNamespaces reads the answer to NAMESPACE. The library leaves prefixes as they
// are on the wire.
func newNamespaces(data *imap.NamespaceData) namespaces {
	var all namespaces
	for i, d := range data.Personal {
		ns := decodedNamespace(d)
		if i == 0 {
			all.own = ns
			continue
		}
		all.others = append(all.others, ns)
		all.mine++
	}
	for _, d := range append(data.Other, data.Shared...) {
		all.others = append(all.others, decodedNamespace(d))
	}
	return all
}

// namespaceData reads a NAMESPACE response that was repaired (RFC 2342 section 5).
func namespaceData(r wire.Response) (*imap.NamespaceData, error) {
	if len(r.Values) != 3 {
		return nil, errors.New("the server's NAMESPACE does not tell of three kinds")
	}
	var groups [3][]imap.NamespaceDescriptor
	for i, group := range r.Values {
		for _, ns := range group.List {
			if len(ns.List) < 2 {
				return nil, errors.New("the server's NAMESPACE lacks a delimiter")
			}
			delim, err := delimiterOf(ns.List[1])
			if err != nil {
				return nil, err
			}
			groups[i] = append(groups[i], imap.NamespaceDescriptor{Prefix: ns.List[0].Text, Delim: delim})
		}
	}
	return &imap.NamespaceData{Personal: groups[0], Other: groups[1], Shared: groups[2]}, nil
}

func decodedNamespace(d imap.NamespaceDescriptor) namespace {
	prefix, err := utf7.Decode(d.Prefix)
	if err != nil {
		prefix = d.Prefix // raw UTF-8, as RFC 9051 has it
	}
	return namespace{prefix: prefix, delim: d.Delim}
}

// check returns errForeign or errOutside for a folder that lies in a namespace
// other than the user's first own one: the longest prefix decides.
func (all namespaces) check(wire string) error {
	if strings.EqualFold(wire, string(mailbox.Inbox)) {
		return nil // wherever the namespaces lie (RFC 9051 section 5.1)
	}
	length := -1
	if _, inside := all.own.cut(wire); inside {
		length = len(all.own.prefix)
	}
	var err error
	for i, ns := range all.others {
		if len(ns.prefix) <= length || !ns.holds(wire) {
			continue
		}
		length, err = len(ns.prefix), errForeign
		if i < all.mine {
			err = errOutside
		}
	}
	return err
}

// holds says whether a folder lies in the namespace or is its root, as "shared" is
// of the prefix "shared.".
func (ns namespace) holds(wire string) bool {
	return strings.HasPrefix(wire, ns.prefix) || ns.delim != 0 && wire+string(ns.delim) == ns.prefix
}
