package plan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/uidset"
)

// verdictsVersion is that of the format. It grows with every change of what verdicts say
// or hang on that the program's own identity does not show.
const verdictsVersion = 2

// The types below are the JSON of verdicts, value for value.

type verdictsWire struct {
	Version int                   `json:"version"`
	World   string                `json:"world"` // Planner.worldSum
	Folders listWire[verdictWire] `json:"folders"`
}

type verdictWire struct {
	Folder        mailbox.Name         `json:"folder"`
	UIDValidity   uint32               `json:"uidvalidity"`
	UIDNext       imap.UID             `json:"uidnext"`
	Messages      uint32               `json:"messages"`
	HighestModSeq uint64               `json:"highestmodseq"`
	Made          time.Time            `json:"made"`
	Last          time.Time            `json:"last"`
	Settled       uidsWire             `json:"settled,omitempty"`
	Open          uidsWire             `json:"open,omitempty"`
	Due           listWire[dueWire]    `json:"due,omitempty"`
	Rules         listWire[countsWire] `json:"rules,omitempty"`
}

// A dueWire is messages of which the outcome may be another one from then on.
type dueWire struct {
	At       time.Time `json:"at"`
	Messages uidsWire  `json:"messages"`
}

// A countsWire is of the rule at that place of the account's.
type countsWire struct {
	Rule    int                   `json:"rule"`
	Matched uidsWire              `json:"matched"`
	Left    listWire[lackingWire] `json:"left,omitempty"`
	Rivals  listWire[laterWire]   `json:"rivals,omitempty"`
}

type lackingWire struct {
	Argument string   `json:"argument"`
	Messages uidsWire `json:"messages"`
}

type laterWire struct {
	Rule     int      `json:"rule"`
	Messages uidsWire `json:"messages"`
}

func (w verdictWire) check() error { return needed("a verdict on no folder", string(w.Folder)) }
func (w dueWire) check() error     { return some("a moment at which nothing is due", w.Messages) }
func (w countsWire) check() error  { return some("a rule that took nothing", w.Matched) }
func (w lackingWire) check() error { return some("an argument that nothing lacked", w.Messages) }
func (w laterWire) check() error   { return some("a rival for nothing", w.Messages) }

func some(lack string, set uidsWire) error {
	if len(set) == 0 {
		return errors.New("it holds " + lack)
	}
	return nil
}

// A uidsWire is a sorted set of UIDs: "1:5,7".
type uidsWire imap.UIDSet

// MarshalText writes the set as RFC 9051 does (section 9, "uid-set").
func (w uidsWire) MarshalText() ([]byte, error) { return []byte(imap.UIDSet(w).String()), nil }

// UnmarshalText reads it.
func (w *uidsWire) UnmarshalText(text []byte) error {
	set, err := uidset.Parse(string(text))
	*w = uidsWire(set)
	return err
}

// writeVerdicts writes verdicts of this plan; false: they cannot be.
func (p *Planner) writeVerdicts(all []*verdict) ([]byte, bool) {
	w := verdictsWire{Version: verdictsVersion, World: p.worldSum()}
	for _, found := range all {
		w.Folders = append(w.Folders, found.wire())
	}
	slices.SortFunc(w.Folders, func(a, b verdictWire) int { return cmp.Compare(a.Folder, b.Folder) })
	content, err := json.Marshal(w)
	return content, err == nil
}

func (w *verdict) wire() verdictWire {
	written := verdictWire{
		Folder: w.folder, UIDValidity: w.state.UIDValidity, UIDNext: w.state.UIDNext, Messages: w.state.Messages,
		HighestModSeq: w.state.HighestModSeq, Made: plainTime(w.made), Last: plainTime(w.last), Settled: uidsWire(w.settled.uids), Open: uidsWire(w.open),
	}
	for _, at := range slices.SortedFunc(maps.Keys(w.settled.due), time.Time.Compare) {
		written.Due = append(written.Due, dueWire{plainTime(at), uidsWire(w.settled.due[at])})
	}
	for _, b := range byIndex(w.settled.counts) {
		c := w.settled.counts[b]
		of := countsWire{Rule: b.index, Matched: uidsWire(c.matched)}
		for _, argument := range slices.Sorted(maps.Keys(c.left)) {
			of.Left = append(of.Left, lackingWire{argument, uidsWire(c.left[argument])})
		}
		for _, later := range byIndex(c.rivals) {
			of.Rivals = append(of.Rivals, laterWire{later.index, uidsWire(c.rivals[later])})
		}
		written.Rules = append(written.Rules, of)
	}
	return written
}

// readVerdicts reads what writeVerdicts has written for the same rules in the same world,
// octet by octet, as far as there are visits to its folders; all else is an error.
func (p *Planner) readVerdicts(content []byte) ([]*verdict, error) {
	var w verdictsWire
	if err := strict(content).Decode(&w); err != nil {
		return nil, err
	}
	switch {
	case w.Version != verdictsVersion:
		return nil, fmt.Errorf("they are of version %d", w.Version)
	case w.World != p.worldSum():
		return nil, errors.New("they are of other folders")
	}
	var all []*verdict
	for i, written := range w.Folders {
		if i > 0 && written.Folder <= w.Folders[i-1].Folder {
			return nil, errors.New("their folders are in no order")
		}
		v := p.visits[written.Folder]
		if v == nil {
			continue // it is empty now
		}
		found, err := p.readVerdict(written)
		if err != nil {
			return nil, err
		}
		if err := found.check(v); err != nil {
			return nil, err
		}
		all, w.Folders[i] = append(all, found), found.wire()
	}
	if again, err := json.Marshal(w); err != nil || !bytes.Equal(again, content) {
		return nil, errors.New("nobody writes them so")
	}
	return all, nil
}

func (p *Planner) readVerdict(written verdictWire) (*verdict, error) {
	found := &verdict{
		folder: written.Folder, made: written.Made, last: written.Last, open: imap.UIDSet(written.Open),
		state:   State{written.UIDValidity, written.UIDNext, written.Messages, written.HighestModSeq},
		settled: settled{uids: imap.UIDSet(written.Settled), due: map[time.Time]imap.UIDSet{}},
	}
	for _, d := range written.Due {
		found.settled.due[d.At] = imap.UIDSet(d.Messages)
	}
	for _, of := range written.Rules {
		b, err := p.ruleAt(of.Rule)
		if err != nil {
			return nil, err
		}
		c := found.settled.of(b)
		c.matched = imap.UIDSet(of.Matched)
		for _, l := range of.Left {
			c.left[l.Argument] = imap.UIDSet(l.Messages)
		}
		for _, r := range of.Rivals {
			later, err := p.ruleAt(r.Rule)
			if err != nil {
				return nil, err
			}
			c.rivals[later] = imap.UIDSet(r.Messages)
		}
	}
	return found, nil
}

func (p *Planner) ruleAt(i int) (*bound, error) {
	if i < 0 || i >= len(p.rules) {
		return nil, fmt.Errorf("there is no rule %d", i)
	}
	return p.rules[i], nil
}
