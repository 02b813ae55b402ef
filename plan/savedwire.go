package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// formatName is the first value in every file, by which it is told from other JSON.
const formatName = "imapform plan"

// The types below are the file's JSON, value for value. What is left out is empty.

type fileWire struct {
	Format   string                `json:"format"`
	Version  string                `json:"format_version"`
	Tool     string                `json:"tool"`
	ID       string                `json:"id"`
	Made     time.Time             `json:"made"`
	Hidden   *hiddenWire           `json:"hidden,omitempty"`
	Accounts listWire[accountWire] `json:"accounts,omitempty"`
}

type hiddenWire struct {
	Targets  []string `json:"targets,omitempty"`
	Excludes []string `json:"excludes,omitempty"`
	Steps    int      `json:"steps,omitempty"`
	Messages int      `json:"messages,omitempty"`
	Accounts int      `json:"accounts,omitempty"`
}

type accountWire struct {
	Address   string                 `json:"address"`
	Place     placeWire              `json:"mailbox"`
	Resolved  listWire[resolvedWire] `json:"special_uses,omitempty"`
	Folders   listWire[beforeWire]   `json:"folders,omitempty"`
	Watched   []imap.Flag            `json:"watched,omitempty"` // everyFlag: all there are
	Protected []string               `json:"protected,omitempty"`
	Broken    listWire[brokenWire]   `json:"broken,omitempty"`
	Matched   listWire[matchedWire]  `json:"matched,omitempty"`
	Steps     listWire[stepWire]     `json:"steps,omitempty"`
}

// everyFlag is what stands for mailbox.EveryFlag, whose own word is empty.
const everyFlag imap.Flag = "*"

type placeWire struct {
	Maildir           string `json:"maildir,omitempty"`
	Host              string `json:"host,omitempty"`
	Port              int    `json:"port,omitempty"`
	Username          string `json:"username,omitempty"`
	UsernameSensitive bool   `json:"username_sensitive,omitempty"`
	AuthorizeAs       string `json:"authorize_as,omitempty"`
	InboxUIDValidity  uint32 `json:"inbox_uidvalidity,omitempty"`
}

type resolvedWire struct {
	Use  mailbox.Use  `json:"use"`
	Name mailbox.Name `json:"name"`
}

type beforeWire struct {
	Name        mailbox.Name `json:"name"`
	UIDValidity uint32       `json:"uidvalidity"`
	UIDNext     imap.UID     `json:"uidnext"`
	Messages    uint32       `json:"messages"`
}

type brokenWire struct {
	Rail    string `json:"rail"`
	Of      string `json:"of,omitempty"`
	Detail  string `json:"detail"`
	Allow   string `json:"allow,omitempty"`
	Subject string `json:"at,omitempty"` // FILE:LINE
}

type matchedWire struct {
	Rule     string              `json:"rule"`
	Folder   mailbox.Name        `json:"folder"`
	Looked   int                 `json:"looked"`
	Messages int                 `json:"messages"`
	Left     listWire[leftWire]  `json:"left,omitempty"`
	Rivals   listWire[rivalWire] `json:"rivals,omitempty"`
}

type leftWire struct {
	Reason   string `json:"reason"`
	Messages int    `json:"messages"`
}

type rivalWire struct {
	Rule     string `json:"rule"`
	Messages int    `json:"messages"`
}

// A stepWire has exactly one of the operations.
type stepWire struct {
	Because listWire[causeWire] `json:"because,omitempty"`
	Rename  *renameWire         `json:"rename,omitempty"`
	Create  *createWire         `json:"create,omitempty"`
	Set     *setWire            `json:"set,omitempty"`
	File    *filingWire         `json:"file,omitempty"`
	Remove  *removeWire         `json:"remove,omitempty"`
}

type causeWire struct {
	Address  string `json:"address,omitempty"`
	Block    string `json:"block,omitempty"`
	Declared string `json:"at,omitempty"` // FILE:LINE
}

type renameWire struct {
	From       mailbox.Name   `json:"from"`
	To         mailbox.Name   `json:"to"`
	Children   int            `json:"children,omitempty"`
	Messages   uint32         `json:"messages,omitempty"`
	Subscribed []mailbox.Name `json:"subscribed,omitempty"`
}

type createWire struct {
	Name mailbox.Name `json:"name"`
	Use  mailbox.Use  `json:"use,omitempty"`
}

type setWire struct {
	Name       mailbox.Name `json:"name"`
	Subscribed bool         `json:"subscribed"`
	Created    bool         `json:"created,omitempty"`
}

type filingWire struct {
	Folder     mailbox.Name   `json:"folder"`
	Was        mailbox.Name   `json:"was"`
	Copies     []mailbox.Name `json:"copies,omitempty"`
	Away       string         `json:"away,omitempty"`
	To         mailbox.Name   `json:"to,omitempty"`
	Trash      bool           `json:"trash,omitempty"`
	Finish     bool           `json:"finish,omitempty"`
	Via        []mailbox.Name `json:"via,omitempty"`
	Add        []imap.Flag    `json:"add,omitempty"`
	Remove     []imap.Flag    `json:"remove,omitempty"`
	FlagsFirst bool           `json:"flags_first,omitempty"`
	columns
}

type removeWire struct {
	Name       mailbox.Name `json:"name"`
	Messages   uint32       `json:"messages,omitempty"`
	Subscribed bool         `json:"subscribed,omitempty"`
}

// A listWire is an array of objects each of which must hold something. It is read one
// by one, so that "[{},{},{}…" is refused at its first: else a few octets of a hostile
// file would take hundreds in memory.
type listWire[W interface{ check() error }] []W

func (l *listWire[W]) UnmarshalJSON(data []byte) error {
	d := strict(data)
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("it holds something else where a list must be")
	}
	for d.More() {
		var w W
		if err := d.Decode(&w); err != nil {
			return err
		}
		if err := w.check(); err != nil {
			return err
		}
		*l = append(*l, w)
	}
	return nil // what encloses it has seen that it ends, and ends well
}

// strict reads JSON that must not hold what nobody would read.
func strict(data []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d
}

func (w accountWire) check() error { return needed("an account without an address", w.Address) }
func (w resolvedWire) check() error {
	return needed("a special use without its folder", string(w.Use), string(w.Name))
}
func (w beforeWire) check() error { return needed("a folder without a name", string(w.Name)) }
func (w brokenWire) check() error {
	return needed("a rail without its name and what it forbids", w.Rail, w.Detail)
}
func (w matchedWire) check() error {
	return needed("a rule's matches without rule or folder", w.Rule, string(w.Folder))
}
func (w leftWire) check() error  { return needed("messages left alone without a reason", w.Reason) }
func (w rivalWire) check() error { return needed("a rival without its rule", w.Rule) }
func (w causeWire) check() error {
	return needed("a cause without an address or block", w.Address+w.Block)
}

func (w stepWire) check() error {
	n := 0
	for _, is := range []bool{w.Rename != nil, w.Create != nil, w.Set != nil, w.File != nil, w.Remove != nil} {
		if is {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("a step with %d operations", n)
	}
	return nil
}

func needed(lack string, values ...string) error {
	for _, v := range values {
		if v == "" {
			return errors.New("it holds " + lack)
		}
	}
	return nil
}
