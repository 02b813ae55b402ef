package mailbox

import "github.com/emersion/go-imap/v2"

// A Use is a special use of a folder (RFC 6154, RFC 8457), in the
// configuration's words. The zero value is no use.
type Use string

// The uses, as the configuration writes them.
const (
	UseAll       Use = "all"
	UseArchive   Use = "archive"
	UseDrafts    Use = "drafts"
	UseFlagged   Use = "flagged"
	UseImportant Use = "important"
	UseJunk      Use = "junk"
	UseSent      Use = "sent"
	UseTrash     Use = "trash"
)

// useInfo is what there is to know of one use.
type useInfo struct {
	use    Use
	attr   imap.MailboxAttr
	hidden bool // patterns do not cover it unless they name it
}

var uses = []useInfo{
	{UseAll, imap.MailboxAttrAll, true},
	{UseArchive, imap.MailboxAttrArchive, false},
	{UseDrafts, imap.MailboxAttrDrafts, true},
	{UseFlagged, imap.MailboxAttrFlagged, true},
	{UseImportant, imap.MailboxAttrImportant, true},
	{UseJunk, imap.MailboxAttrJunk, true},
	{UseSent, imap.MailboxAttrSent, false},
	{UseTrash, imap.MailboxAttrTrash, true},
}

// Uses lists every use in alphabetical order.
func Uses() []Use {
	all := make([]Use, len(uses))
	for i, u := range uses {
		all[i] = u.use
	}
	return all
}

// UseOf returns the use that a LIST attribute stands for.
func UseOf(attr imap.MailboxAttr) (Use, bool) {
	for _, u := range uses {
		if u.attr == attr {
			return u.use, true
		}
	}
	return "", false
}

// Attr returns the LIST attribute of the use (RFC 6154 section 2), or "" if it
// is none.
func (u Use) Attr() imap.MailboxAttr {
	for _, info := range uses {
		if info.use == u {
			return info.attr
		}
	}
	return ""
}

// Hidden says whether patterns leave folders of this use, and what lies below
// them, alone unless they name one literally.
func (u Use) Hidden() bool {
	for _, info := range uses {
		if info.use == u {
			return info.hidden
		}
	}
	return false
}
