package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// Encode writes what Saved.Stripped returns: compact JSON on one line, the same octets for
// the same file. It reads it back before it returns it, so that it fails now on
// whatever Decode would refuse later.
func Encode(f *Saved) ([]byte, error) {
	saved := f.Stripped()
	for _, a := range saved.Accounts {
		if !a.Plan.Made.Equal(saved.Made) {
			return nil, fmt.Errorf("save the plan: that of %s was made at %s, and not at %s", a.Plan.Account, a.Plan.Made, saved.Made)
		}
	}
	data, err := writeSaved(saved)
	if err != nil {
		return nil, fmt.Errorf("save the plan: %w", err)
	}
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("save the plan: it would be %d octets, and no more than %d can be read again: save one account at a time (-account), or apply without saving", len(data), MaxFileSize)
	}
	if _, err := readSaved(data); err != nil {
		return nil, fmt.Errorf("save the plan: %w", err)
	}
	return data, nil
}

// writeSaved is the JSON of a file that Stripped has made, with its checksum.
func writeSaved(f *Saved) ([]byte, error) {
	w := fileWire{Format: formatName, Version: f.FormatVersion, Tool: f.Tool, ID: f.ID, Made: f.Made, Hidden: f.Hidden.wire()}
	for _, a := range f.Accounts {
		account, err := accountOut(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Plan.Account, err)
		}
		w.Accounts = append(w.Accounts, account)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(w); err != nil {
		return nil, err
	}
	return seal(bytes.TrimSuffix(b.Bytes(), []byte("}\n"))), nil
}

// The checksum is the last value, of all octets that stand before it.
const (
	sumOpen  = `,"sha256":"`
	sumClose = "\"}\n"
)

// seal closes JSON that lacks its last brace by the checksum.
func seal(body []byte) []byte {
	sum := sha256.Sum256(body)
	body = append(body, sumOpen...)
	body = hex.AppendEncode(body, sum[:])
	return append(body, sumClose...)
}

func (h Hidden) wire() *hiddenWire {
	if len(h.Targets)+len(h.Excludes) == 0 && h.Steps == 0 && h.Messages == 0 && h.Accounts == 0 {
		return nil
	}
	w := hiddenWire(h)
	return &w
}

func accountOut(a SavedAccount) (accountWire, error) {
	w := accountWire{Address: a.Plan.Account, Place: placeWire(a.Place), Protected: a.Plan.Protected}
	for _, r := range a.Plan.Resolved {
		w.Resolved = append(w.Resolved, resolvedWire(r))
	}
	for _, b := range a.Plan.Folders {
		w.Folders = append(w.Folders, beforeWire(b))
	}
	w.Watched = slices.Clone(a.Plan.Watched)
	if len(w.Watched) > 0 && w.Watched[0] == mailbox.EveryFlag()[0] {
		w.Watched[0] = everyFlag
	}
	for _, b := range a.Plan.Broken {
		w.Broken = append(w.Broken, brokenWire{Rail: b.Rail, Of: b.Of, Detail: b.Detail, Allow: b.Allow, Subject: rangeOut(b.Subject)})
	}
	for _, m := range a.Plan.Matched {
		w.Matched = append(w.Matched, matchedOut(m))
	}
	for i, s := range a.Plan.Steps {
		step, err := stepOut(s)
		if err != nil {
			return accountWire{}, fmt.Errorf("step %d: %w", i+1, err)
		}
		w.Steps = append(w.Steps, step)
	}
	return w, nil
}

func matchedOut(m Matched) matchedWire {
	w := matchedWire{Rule: m.Rule, Folder: m.Folder, Looked: m.Looked, Messages: m.Messages}
	for _, l := range m.Left {
		w.Left = append(w.Left, leftWire(l))
	}
	for _, r := range m.Rivals {
		w.Rivals = append(w.Rivals, rivalWire(r))
	}
	return w
}

func stepOut(s Step) (stepWire, error) {
	var w stepWire
	for _, c := range s.Because {
		w.Because = append(w.Because, causeWire{Address: c.Address, Block: c.Block, Declared: rangeOut(c.Declared)})
	}
	var err error
	switch op := s.Op.(type) {
	case Rename:
		o := renameWire(op)
		w.Rename = &o
	case Create:
		o := createWire(op)
		w.Create = &o
	case Set:
		o := setWire(op)
		w.Set = &o
	case Remove:
		o := removeWire(op)
		w.Remove = &o
	case File:
		w.File, err = filingOut(op)
	default:
		err = fmt.Errorf("%T is no operation that can be saved", s.Op)
	}
	return w, err
}

// awayWords are the ways of leaving, as the file says them.
var awayWords = [...]string{AwayNot: "", AwayMove: "move", AwayPermanent: "permanent"}

func filingOut(op File) (*filingWire, error) {
	if op.Away < 0 || int(op.Away) >= len(awayWords) {
		return nil, fmt.Errorf("%d is no way for messages to leave a folder", op.Away)
	}
	c, err := newColumns(op.Messages)
	if err != nil {
		return nil, fmt.Errorf("folder %q: %w", op.Folder, err)
	}
	return &filingWire{
		Folder: op.Folder, Was: op.Was, Copies: op.Copies,
		Away: awayWords[op.Away], To: op.To, Trash: op.Trash, Finish: op.Finish, Via: op.Via,
		Add: []imap.Flag(op.Add), Remove: []imap.Flag(op.Remove), FlagsFirst: op.FlagsFirst,
		columns: c,
	}, nil
}

// rangeOut is FILE:LINE.
func rangeOut(r hcl.Range) string {
	if r.Filename == "" {
		return ""
	}
	return r.Filename + ":" + strconv.Itoa(r.Start.Line)
}
