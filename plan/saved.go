package plan

import "time"

// FormatVersion is the version of the format that Encode writes, and the only one that
// Decode reads: a plan is acted on within hours or days, and to misread one is worse
// than to make a new one. The first number grows with every change of what a file can
// hold or means.
const FormatVersion = "1.0"

// MaxFileSize is the octets that a saved plan may have: that of some three million
// messages, and a bound for what reading one can cost.
const MaxFileSize = 64 << 20

// A Saved is a saved plan: all that apply needs besides the accounts' credentials, and
// nothing private. It names folders, rules, hosts and usernames, and of messages UIDs,
// digests and flags; it holds no sender and no subject, no secret, and nothing that was
// made from a secret.
//
// Its checksum finds what was damaged or edited by mistake. It is no signature: who can
// write the file can make an apply move and delete mail, as who can write the
// configuration can, so that both must be kept from the same people.
type Saved struct {
	FormatVersion string    // FormatVersion
	ID            string    // of the plan, for logs: letters, digits and "-"
	Made          time.Time // the run's one clock: Plan.Made of every account
	Tool          string    // what made it: "imapform 1.2.0"
	Hidden        Hidden
	Accounts      []SavedAccount // each once, in the order of the configuration
}

// Hidden is what -target and -exclude left out of a plan, and -account and -shard of the
// accounts. The zero value: nothing was asked to be left out.
type Hidden struct {
	Targets, Excludes []string // as given
	Steps, Messages   int      // that the whole plan would have had besides
	Accounts          int      // that were not looked at
}

// A SavedAccount is the plan of one account, and the mailbox that it is for.
type SavedAccount struct {
	Place Place
	Plan  *Plan // once decoded what Plan.Stripped returns
}

// Account returns what the file holds for the account of that address; false: nothing.
func (f *Saved) Account(address string) (*SavedAccount, bool) {
	for i := range f.Accounts {
		if f.Accounts[i].Plan.Account == address {
			return &f.Accounts[i], true
		}
	}
	return nil, false
}

// Stripped is the same with every plan as Plan.Stripped returns it, which is what is
// written.
func (f *Saved) Stripped() *Saved {
	s := *f
	s.Made = plainTime(f.Made)
	s.Hidden.Targets, s.Hidden.Excludes = orNil(f.Hidden.Targets), orNil(f.Hidden.Excludes)
	s.Accounts = nil
	for _, a := range f.Accounts {
		s.Accounts = append(s.Accounts, SavedAccount{Place: a.Place, Plan: a.Plan.Stripped()})
	}
	return &s
}
