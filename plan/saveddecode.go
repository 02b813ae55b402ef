package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// Decode reads a saved plan. What it returns is whole, was made by Encode in this
// FormatVersion, and could be a plan; everything else is refused, and the error says
// what it is and what to do. It takes memory and time in proportion to the data, which
// may have no more than MaxFileSize octets.
func Decode(data []byte) (*Saved, error) {
	if err := recognise(data); err != nil {
		return nil, err
	}
	f, err := readSaved(data)
	if err != nil {
		return nil, damaged(err)
	}
	return f, nil
}

// readSaved reads what writeSaved has written, and nothing else.
func readSaved(data []byte) (*Saved, error) {
	if err := checkSum(data); err != nil {
		return nil, err
	}
	var body struct {
		fileWire
		Sum string `json:"sha256"`
	}
	if err := strict(data).Decode(&body); err != nil {
		return nil, err
	}
	f, err := body.saved()
	if err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	again, err := writeSaved(f)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) { // keys in other letter case or twice, null: two readers could read two plans
		return nil, errors.New("it is not written as imapform writes it")
	}
	return f, nil
}

// damaged is the error of a file that imapform may have written, but not so. What it
// quotes of the file may be as long as the file, and is cut.
func damaged(err error) error {
	const most = 500
	why := err.Error()
	if len(why) > most {
		why = strings.ToValidUTF8(why[:most], "") + "…"
	}
	return fmt.Errorf("the saved plan is damaged, or somebody has changed it: %s; make a new plan (a plan cannot be edited: change the configuration instead)", why)
}

// recognise tells a saved plan of this version from everything else.
func recognise(data []byte) error {
	const instead = "save a plan with imapform plan -out=FILE"
	text := bytes.TrimSpace(data)
	switch {
	case len(data) > MaxFileSize:
		return fmt.Errorf("the file is %d octets, and no saved plan has more than %d: %s", len(data), MaxFileSize, instead)
	case len(text) == 0:
		return fmt.Errorf("the file is empty: it was never written to its end, or is no saved plan; %s", instead)
	case bytes.HasPrefix(text, []byte("PK\x03\x04")):
		return fmt.Errorf("the file is a ZIP archive, as the saved plans of Terraform are, and no saved plan of imapform: %s", instead)
	case text[0] != '{':
		return fmt.Errorf("the file is no saved plan of imapform: %s", instead)
	}
	var head struct {
		Format, Tool string
		Version      string          `json:"format_version"`
		Terraform    json.RawMessage `json:"terraform_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		if bytes.HasPrefix(data, []byte(`{"format":"`+formatName+`"`)) {
			return damaged(err)
		}
		return fmt.Errorf("the file is no saved plan of imapform (%w): %s", err, instead)
	}
	switch {
	case head.Format == formatName:
		return checkVersion(head.Version, head.Tool)
	case head.Terraform != nil:
		return fmt.Errorf("the file is JSON of Terraform, and no saved plan of imapform: %s", instead)
	}
	return fmt.Errorf("the file is JSON, but no saved plan of imapform; what -json writes is for reading, and cannot be applied: %s", instead)
}

// checkVersion refuses every version but this one.
func checkVersion(version, tool string) error {
	if version == FormatVersion {
		return nil
	}
	theirs, err := versionNumbers(version)
	if err != nil {
		return damaged(fmt.Errorf("%.40q is no format version", version))
	}
	ours, err := versionNumbers(FormatVersion)
	if err != nil {
		return err
	}
	if slices.Compare(theirs, ours) > 0 {
		return fmt.Errorf("the saved plan was made by a newer imapform (%.80q; its format is %s, and this one reads %s): apply it with that version, or make a new plan with this one", tool, version, FormatVersion)
	}
	return fmt.Errorf("the saved plan was made by an older imapform (%.80q; its format is %s, and this one reads %s): make a new plan", tool, version, FormatVersion)
}

func versionNumbers(s string) ([]uint64, error) {
	var all []uint64
	for word := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// checkSum compares the checksum at the end with the octets before it.
func checkSum(data []byte) error {
	i := bytes.LastIndex(data, []byte(sumOpen))
	if i < 0 {
		return errors.New("it has no checksum")
	}
	if !bytes.Equal(seal(bytes.Clone(data[:i])), data) {
		return errors.New("its checksum is not that of what it holds")
	}
	return nil
}

func (w fileWire) saved() (*Saved, error) {
	f := &Saved{FormatVersion: w.Version, ID: w.ID, Made: plainTime(w.Made), Tool: w.Tool}
	if w.Hidden != nil {
		f.Hidden = Hidden(*w.Hidden)
	}
	for _, account := range w.Accounts {
		p, err := account.plan()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", account.Address, err)
		}
		p.Made = f.Made
		f.Accounts = append(f.Accounts, SavedAccount{Place: Place(account.Place), Plan: p})
	}
	return f, nil
}

func (w accountWire) plan() (*Plan, error) {
	p := &Plan{Account: w.Address, Watched: orNil(mailbox.Flags(w.Watched)), Protected: orNil(w.Protected)}
	if len(p.Watched) > 0 && p.Watched[0] == everyFlag {
		p.Watched[0] = mailbox.EveryFlag()[0]
	}
	for _, r := range w.Resolved {
		p.Resolved = append(p.Resolved, Resolved(r))
	}
	for _, b := range w.Folders {
		p.Folders = append(p.Folders, Before(b))
	}
	for _, b := range w.Broken {
		at, err := rangeIn(b.Subject)
		if err != nil {
			return nil, err
		}
		p.Broken = append(p.Broken, Broken{Rail: b.Rail, Of: b.Of, Detail: b.Detail, Allow: b.Allow, Subject: at})
	}
	for _, m := range w.Matched {
		p.Matched = append(p.Matched, m.matched())
	}
	for i, s := range w.Steps {
		step, err := s.step()
		if err != nil {
			return nil, fmt.Errorf("step %d: %w", i+1, err)
		}
		p.Steps = append(p.Steps, step)
	}
	return p, nil
}

func (w matchedWire) matched() Matched {
	m := Matched{Rule: w.Rule, Folder: w.Folder, Looked: w.Looked, Messages: w.Messages}
	for _, l := range w.Left {
		m.Left = append(m.Left, Left(l))
	}
	for _, r := range w.Rivals {
		m.Rivals = append(m.Rivals, Rival(r))
	}
	return m
}

func (w stepWire) step() (Step, error) {
	var s Step
	for _, c := range w.Because {
		at, err := rangeIn(c.Declared)
		if err != nil {
			return Step{}, err
		}
		s.Because = append(s.Because, Cause{Address: c.Address, Block: c.Block, Declared: at})
	}
	var err error
	switch {
	case w.Rename != nil:
		s.Op = Rename(*w.Rename)
	case w.Create != nil:
		s.Op = Create(*w.Create)
	case w.Set != nil:
		s.Op = Set(*w.Set)
	case w.Remove != nil:
		s.Op = Remove(*w.Remove)
	case w.File != nil:
		s.Op, err = w.File.file()
	}
	return s, err
}

func (w filingWire) file() (Operation, error) {
	away := slices.Index(awayWords[:], w.Away)
	if away < 0 {
		return nil, fmt.Errorf("%.40q is no way for messages to leave a folder", w.Away)
	}
	op := File{
		Folder: w.Folder, Was: w.Was, Copies: orNil(w.Copies),
		Away: Away(away), To: w.To, Trash: w.Trash, Finish: w.Finish, Via: orNil(w.Via),
		Add: orNil(mailbox.Flags(w.Add)), Remove: orNil(mailbox.Flags(w.Remove)), FlagsFirst: w.FlagsFirst,
	}
	var err error
	if op.Messages, err = w.messages(op.Add, op.Remove); err != nil {
		return nil, fmt.Errorf("folder %q: %w", w.Folder, err)
	}
	return op, nil
}

// rangeIn reads FILE:LINE.
func rangeIn(s string) (hcl.Range, error) {
	if s == "" {
		return hcl.Range{}, nil
	}
	i := strings.LastIndexByte(s, ':')
	if i > 0 {
		if line, err := strconv.ParseUint(s[i+1:], 10, 31); err == nil {
			return hcl.Range{Filename: s[:i], Start: hcl.Pos{Line: int(line)}}, nil
		}
	}
	return hcl.Range{}, fmt.Errorf("%.80q is no place in a file", s)
}
