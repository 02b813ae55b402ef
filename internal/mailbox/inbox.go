package mailbox

// OutOfInbox returns the shorter of a folder's two spellings on a server that keeps
// all of a user's folders below INBOX, as Cyrus and Courier do: there "INBOX/Lists"
// is "Lists". "INBOX/INBOX" has no shorter one.
func (n Name) OutOfInbox() Name {
	levels := n.Levels()
	if len(levels) < 2 || levels[0] != string(Inbox) || FromLevels(levels[1:2]) == Inbox {
		return n
	}
	return FromLevels(levels[1:])
}

// OutOfInbox is the reference with the shorter spelling of the name.
func (r Ref) OutOfInbox() Ref {
	if r.Use == "" {
		r.Name = r.Name.OutOfInbox()
	}
	return r
}
