package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/utf7"
)

const (
	subscriptionsFile    = "subscriptions"
	subscriptionsV2      = "V\t2\n\n"
	maxSubscriptionsSize = 16 << 20 // octets
)

// subscriptions is the content of the subscriptions file. Both of Dovecot's forms hold a name a line, in modified UTF-7;
// the older one puts dots between the levels and the newer one, which begins with "V\t2", tabs. Lines that are no name
// are kept.
type subscriptions struct {
	newer bool
	lines []string
}

func parseSubscriptions(data []byte) subscriptions {
	text, newer := strings.CutPrefix(string(data), subscriptionsV2)
	if len(data) == 0 {
		newer = true // what Dovecot makes nowadays
	}
	s := subscriptions{newer: newer}
	for line := range strings.Lines(text) {
		s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
	}
	return s
}

func (s subscriptions) format() []byte {
	var b strings.Builder
	if s.newer {
		b.WriteString(subscriptionsV2)
	}
	for _, line := range s.lines {
		b.WriteString(line + "\n")
	}
	return []byte(b.String())
}

// separator stands between levels.
func (s subscriptions) separator() string {
	if s.newer {
		return "\t"
	}
	return "."
}

// line returns the line that a folder has in the file.
func (s subscriptions) line(name string) string {
	return strings.ReplaceAll(utf7.Encode(name), string(delimiter), s.separator())
}

// name returns the folder that a line means, if it means one.
func (s subscriptions) name(line string) (string, bool) {
	decoded, err := utf7.Decode(strings.ReplaceAll(line, s.separator(), string(delimiter)))
	if err != nil {
		return "", false
	}
	name, err := folderName(decoded)
	return name, err == nil
}

// names returns the folders, without those lines that are no folder's name.
func (s subscriptions) names() map[string]bool {
	names := make(map[string]bool, len(s.lines))
	for _, line := range s.lines {
		if name, ok := s.name(line); ok {
			names[name] = true
		}
	}
	return names
}

// with returns the subscriptions with or without the folder.
func (s subscriptions) with(name string, subscribed bool) subscriptions {
	switch {
	case subscribed && !s.names()[name]:
		s.lines = append(slices.Clone(s.lines), s.line(name))
	case !subscribed:
		s.lines = slices.DeleteFunc(slices.Clone(s.lines), func(l string) bool {
			meant, ok := s.name(l)
			return ok && meant == name
		})
	}
	return s
}

// subscribed returns the subscribed folders, which need not exist.
func (t *Tree) subscribed() (map[string]bool, error) {
	data, err := readSmallFile(filepath.Join(t.dir, subscriptionsFile), maxSubscriptionsSize)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	return parseSubscriptions(data).names(), nil
}

// subscribe changes the subscription of a folder.
func (t *Tree) subscribe(name string, subscribed bool) error {
	name, err := folderName(name)
	if err != nil {
		return err
	}
	err = t.lock.with(func() error {
		if subscribed {
			if _, err := t.folderDir(name); err != nil {
				return err
			}
		}
		return replaceLocked(filepath.Join(t.dir, subscriptionsFile), maxSubscriptionsSize, func(old []byte) ([]byte, error) {
			s := parseSubscriptions(old)
			if s.names()[name] == subscribed {
				return old, nil
			}
			return s.with(name, subscribed).format(), nil
		})
	})
	if err != nil {
		return fmt.Errorf("change the subscription of %q: %w", name, err)
	}
	return nil
}
