package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// FormatVersion is that of the sidecars. It changes when an older program could
// misread one.
const FormatVersion = 1

// maxSidecar is how many octets of a sidecar are read.
const maxSidecar = 1 << 20

// A sidecar is the file beside a message.
type sidecar struct {
	FormatVersion int          `json:"format_version"`
	Account       string       `json:"account"` // address
	Folder        mailbox.Name `json:"folder"`
	UIDValidity   uint32       `json:"uidvalidity"`
	UID           imap.UID     `json:"uid"`
	Flags         []imap.Flag  `json:"flags"`
	InternalDate  time.Time    `json:"internal_date"` // with the zone that the server told
	Size          int64        `json:"size"`          // octets
	SHA256        string       `json:"sha256"`        // hexadecimal
	Kept          time.Time    `json:"kept"`          // when the file was written
	Run           string       `json:"run,omitempty"` // ID of the run that wrote it
}

func newSidecar(m Message) sidecar {
	return sidecar{
		FormatVersion: FormatVersion,
		Account:       m.Account, Folder: m.Folder, UIDValidity: m.UIDValidity, UID: m.UID,
		Flags: slices.Concat([]imap.Flag{}, m.Flags), InternalDate: m.Received,
		Size: m.Size, SHA256: hex.EncodeToString(m.SHA256[:]),
		Kept: m.At.UTC().Truncate(time.Second), Run: m.Run,
	}
}

// encode writes the sidecar, and only one that can be read again.
func (s sidecar) encode() ([]byte, error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	again, err := decode(text)
	if err != nil {
		return nil, err
	}
	if want := newSidecar(again); !s.same(want) {
		return nil, errors.New("what the server says of the message cannot be written down")
	}
	return text, nil
}

func (s sidecar) same(o sidecar) bool {
	dates := s.InternalDate.Equal(o.InternalDate) && s.Kept.Equal(o.Kept)
	flags := slices.Equal(s.Flags, o.Flags)
	s.InternalDate, s.Kept, s.Flags = o.InternalDate, o.Kept, o.Flags
	return dates && flags && fmt.Sprint(s) == fmt.Sprint(o)
}

// decode reads a sidecar. Of one that somebody has changed, or that another version
// wrote, nothing is believed.
func decode(text []byte) (Message, error) {
	if len(text) > maxSidecar {
		return Message{}, fmt.Errorf("it is longer than %d octets", maxSidecar)
	}
	var version struct {
		FormatVersion int `json:"format_version"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Message{}, fmt.Errorf("it is not what imapform wrote: %w", err)
	}
	if version.FormatVersion != FormatVersion {
		return Message{}, fmt.Errorf("its format_version is %d, and this program reads %d: use the version of imapform that wrote it", version.FormatVersion, FormatVersion)
	}
	var s sidecar
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return Message{}, fmt.Errorf("it is not what imapform wrote: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Message{}, errors.New("it is not what imapform wrote: something follows its end")
	}
	return s.message()
}

// message checks what the sidecar says.
func (s sidecar) message() (Message, error) {
	sum, err := hex.DecodeString(s.SHA256)
	switch {
	case err != nil || len(sum) != sha256.Size:
		return Message{}, fmt.Errorf("its sha256 %q is none", s.SHA256)
	case !plain(s.Account):
		return Message{}, fmt.Errorf("its account %q is none", s.Account)
	case !plain(string(s.Folder)):
		return Message{}, fmt.Errorf("its folder %q is none", s.Folder)
	case s.UID == 0 || s.UIDValidity == 0:
		return Message{}, errors.New("its uid or uidvalidity is missing")
	case s.Size <= 0:
		return Message{}, fmt.Errorf("its size is %d", s.Size)
	case s.InternalDate.IsZero():
		return Message{}, errors.New("its internal_date is missing")
	}
	for _, f := range s.Flags {
		if !plain(string(f)) {
			return Message{}, fmt.Errorf("its flag %q is none", f)
		}
	}
	m := Message{
		Kept: apply.Kept{
			Account: s.Account, Folder: s.Folder, UIDValidity: s.UIDValidity, UID: s.UID,
			Flags: mailbox.NewFlags(s.Flags...), Received: s.InternalDate, Size: s.Size,
		},
		SHA256: [sha256.Size]byte(sum), At: s.Kept, Run: s.Run,
	}
	return m, nil
}

// plain says whether a word can be somebody's name for something.
func plain(word string) bool {
	if word == "" || !utf8.ValidString(word) {
		return false
	}
	for _, r := range word {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}
