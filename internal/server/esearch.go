package server

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
)

// readFound reads the UIDs that an ESEARCH response lists under ALL (RFC 4731 section
// 3.1); false: it says nothing that can be read, or lists none.
func readFound(responses []wire.Response) (imap.UIDSet, bool) {
	if len(responses) != 1 {
		return nil, false
	}
	values, ofUIDs := responses[0].Values, false
	for len(values) > 0 && (values[0].Kind == wire.List || strings.EqualFold(values[0].Text, "UID")) {
		ofUIDs = ofUIDs || values[0].Kind != wire.List
		values = values[1:]
	}
	if !ofUIDs {
		return nil, false
	}
	for ; len(values) > 1; values = values[2:] {
		if strings.EqualFold(values[0].Text, "ALL") && values[1].Kind == wire.Atom {
			set, err := parseUIDs(values[1].Text)
			return set, err == nil
		}
	}
	return nil, false
}

// parseUIDs reads a set of UIDs, and puts its ranges in order.
func parseUIDs(text string) (imap.UIDSet, error) {
	var set imap.UIDSet
	for item := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(item, ":")
		if !isRange {
			to = from
		}
		a, err1 := strconv.ParseUint(from, 10, 32)
		b, err2 := strconv.ParseUint(to, 10, 32)
		if err1 != nil || err2 != nil || min(a, b) == 0 {
			return nil, fmt.Errorf("%q is no set of UIDs", safe(item))
		}
		set = append(set, imap.UIDRange{Start: imap.UID(min(a, b)), Stop: imap.UID(max(a, b))})
	}
	return uidset.Sorted(set), nil
}
