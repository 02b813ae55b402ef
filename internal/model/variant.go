package model

import "github.com/imapform/imapform/apply"

// A Variant is a kind of server. Its zero value offers nothing and has no oddity.
type Variant struct {
	Name string
	Can  apply.Can

	CopyUID         CopyUID // with UIDPlus
	RealParents     bool    // CREATE a/b makes a real folder a, else one that cannot be selected
	RenameRenumbers bool    // RENAME gives a new UIDVALIDITY
	UnusedRenumbers bool    // a folder in which there has never been a message gets a new UIDVALIDITY at each look
	RenameMissingOK bool    // RENAME of a folder that is not there answers OK
	AutoSubscribe   bool    // CREATE and RENAME subscribe the new name
	RenameForgets   bool    // RENAME ends the subscription of the old name
	SubscribeAny    bool    // what is not there can be subscribed to
	SubscribeTwice  bool    // subscribing what is subscribed answers NO
	GoneNO          bool    // COPY and MOVE of messages that are all gone answer NO, else OK
	MaxKeywords     int     // in a folder; 0: any number
	DropKeywords    bool    // what is too many is dropped silently, else refused
	NoUses          bool    // a use asked for by CREATE is ignored
	CopyMoves       bool    // with Can.Labels: COPY takes the message out of the folder it was in
}

// CopyUID says what a server tells of copies.
type CopyUID int

// What is told.
const (
	CopyUIDAll     CopyUID = iota
	CopyUIDNone            // nothing
	CopyUIDPartial         // of every other message
	CopyUIDWrong           // of another folder: its UIDVALIDITY is the source's, its UIDs mean nothing
	CopyUIDSame            // the same UID for every message
)

// Variants are the servers that a program must cope with.
func Variants() []Variant {
	both := apply.Can{Move: true, UIDPlus: true}
	return []Variant{
		{Name: "plain", Can: both},
		{Name: "dovecot", Can: both, GoneNO: true},
		{Name: "cyrus", Can: both, RealParents: true, RenameForgets: true, MaxKeywords: 4},
		{Name: "courier", Can: apply.Can{UIDPlus: true}, RenameRenumbers: true, UnusedRenumbers: true, RenameMissingOK: true, NoUses: true},
		{Name: "mox", Can: both, RealParents: true, AutoSubscribe: true, SubscribeAny: true, GoneNO: true},
		{Name: "MOVE without UIDPLUS", Can: apply.Can{Move: true}, SubscribeTwice: true},
		{Name: "MOVE without COPYUID", Can: both, CopyUID: CopyUIDNone},
		{Name: "MOVE with half of COPYUID", Can: both, CopyUID: CopyUIDPartial},
		{Name: "MOVE with wrong COPYUID", Can: both, CopyUID: CopyUIDWrong},
		{Name: "MOVE with COPYUID of one", Can: both, CopyUID: CopyUIDSame},
		{Name: "UIDPLUS without COPYUID", Can: apply.Can{UIDPlus: true}, CopyUID: CopyUIDNone},
		{Name: "UIDPLUS with half of COPYUID", Can: apply.Can{UIDPlus: true}, CopyUID: CopyUIDPartial, DropKeywords: true, MaxKeywords: 4},
		{Name: "UIDPLUS at a rate", Can: apply.Can{UIDPlus: true, Paced: true}},
	}
}

// Labels are servers whose folders are labels: a message lies in several, and its
// flags are the same in all; one with the use "all" has every message that is not in
// the trash or junk; a message that goes there leaves every other.
func Labels() []Variant {
	can := apply.Can{Move: true, UIDPlus: true, Labels: true}
	return []Variant{
		{Name: "labels", Can: can},
		{Name: "labels without COPYUID", Can: can, CopyUID: CopyUIDNone},
		{Name: "labels with half of COPYUID", Can: can, CopyUID: CopyUIDPartial},
		{Name: "labels with wrong COPYUID", Can: can, CopyUID: CopyUIDWrong},
		{Name: "labels where COPY moves", Can: can, CopyMoves: true},
		{Name: "labels without MOVE", Can: apply.Can{UIDPlus: true, Labels: true}},
	}
}
