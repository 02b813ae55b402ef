package maildir

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

const (
	uidListFile   = "imapform-uidlist"
	uidListHeader = "imapform-uidlist 1"
)

// A uidList says which UID each message of a folder has. On disk it is a header
//
//	imapform-uidlist 1 V<UIDVALIDITY> N<next UID> C<messages in the list>
//
// with that many lines "+UID KEY", and then what has changed since: "+UID KEY" for a message that came, "-UID" for one
// that went. UIDs rise from line to line. Changes are appended and flushed; the whole is replaced by rename. So a crash
// can only leave an unfinished last line, of a change that nobody has been told, and the count in the header shows any
// other loss.
type uidList struct {
	validity uint32
	next     imap.UID
	uids     map[string]imap.UID // by the key of the file name

	version       // of the file as it was when it was read or written last
	size    int64 // of what is good in it, octets
	lines   int   // in it
}

// parseUIDList reads a list. Any error means that it is damaged.
func parseUIDList(data []byte) (*uidList, error) {
	end := bytes.LastIndexByte(data, '\n') + 1
	header, rest, _ := strings.Cut(string(data[:end]), "\n")
	l := &uidList{uids: make(map[string]imap.UID), size: int64(end), version: version{head: header}}
	count := 0
	// Sscanf would take signs and spaces that are never written.
	if n, err := fmt.Sscanf(header, uidListHeader+" V%d N%d C%d", &l.validity, &l.next, &count); err != nil || n != 3 ||
		header != l.header(count) || l.validity == 0 || l.next == 0 {
		return nil, fmt.Errorf("header %.80q: %w", header, errDamaged)
	}
	alive := make(map[imap.UID]string)
	last := imap.UID(0)
	for line := range strings.Lines(rest) {
		l.lines++
		line = strings.TrimSuffix(line, "\n")
		if err := l.parseLine(line, &last, alive); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.lines+1, err)
		}
		if l.lines <= count && (line[0] != '+' || last >= l.next) {
			return nil, fmt.Errorf("line %d: it does not fit the header: %w", l.lines+1, errDamaged)
		}
		if l.lines > count {
			l.next = max(l.next, last+1)
		}
	}
	if l.lines < count {
		return nil, fmt.Errorf("it has %d lines and not the %d that it began with: %w", l.lines, count, errDamaged)
	}
	return l, nil
}

// parseLine takes in one line. last is the highest UID so far, alive the keys by UID.
func (l *uidList) parseLine(line string, last *imap.UID, alive map[imap.UID]string) error {
	number, key, _ := strings.Cut(line, " ")
	if len(number) < 2 {
		return fmt.Errorf("%.80q: %w", line, errDamaged)
	}
	n, err := strconv.ParseUint(number[1:], 10, 32)
	if err != nil || number[1:] != strconv.FormatUint(n, 10) || n == math.MaxUint32 {
		return fmt.Errorf("%.80q: %w", line, errDamaged)
	}
	uid := imap.UID(n)
	switch number[0] {
	case '+':
		key, err := parseKey(key)
		_, twice := l.uids[key]
		if err != nil || key == "" || twice || uid <= *last {
			return fmt.Errorf("%.80q: %w", line, errDamaged)
		}
		l.uids[key], alive[uid], *last = uid, key, uid
	case '-':
		gone, ok := alive[uid]
		if !ok || line != number {
			return fmt.Errorf("%.80q: %w", line, errDamaged)
		}
		delete(l.uids, gone)
		delete(alive, uid)
	default:
		return fmt.Errorf("%.80q: %w", line, errDamaged)
	}
	return nil
}

func (l *uidList) header(count int) string {
	return fmt.Sprintf("%s V%d N%d C%d", uidListHeader, l.validity, l.next, count)
}

// format returns the whole list, as short as it can be.
func (l *uidList) format() []byte {
	type entry struct {
		uid imap.UID
		key string
	}
	entries := make([]entry, 0, len(l.uids))
	for key, uid := range l.uids {
		entries = append(entries, entry{uid, key})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.uid, b.uid) })
	b := []byte(l.header(len(entries)) + "\n")
	for _, e := range entries {
		b = appendAdded(b, e.uid, e.key)
	}
	return b
}

func appendAdded(b []byte, uid imap.UID, key string) []byte {
	b = strconv.AppendUint(append(b, '+'), uint64(uid), 10)
	return append(append(append(b, ' '), formatKey(key)...), '\n')
}

// formatKey quotes the rare names that would not fit into a line.
func formatKey(key string) string {
	if strings.HasPrefix(key, `"`) || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return strconv.Quote(key)
	}
	return key
}

func parseKey(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		return strconv.Unquote(s)
	}
	return s, nil
}

// readUIDList reads the list of the folder at dir; known is what was read before, and is returned if the file is still
// that. The error is fs.ErrNotExist or errDamaged if the folder needs a new list, and anything else if it cannot be told.
func readUIDList(dir string, known *uidList) (*uidList, error) {
	f, err := os.Open(filepath.Join(dir, uidListFile))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && known != nil && known.is(f, info) {
		return known, f.Close()
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read the UIDs of %q: %w", dir, err)
	}
	l, err := parseUIDList(data)
	if err != nil {
		return nil, fmt.Errorf("read the UIDs of %q: %w", dir, err)
	}
	l.file = info
	return l, nil
}

// change gives UIDs to the messages with the keys that came, in their order, unless they have one, and forgets those that
// went. The UIDs are on disk when it returns.
func (l *uidList) change(dir string, came []string, went []string) error {
	if len(came) == 0 && len(went) == 0 {
		return nil
	}
	if uint64(l.next)+uint64(len(came)) >= math.MaxUint32 {
		return fmt.Errorf("the folder %q has used up its UIDs: %w", dir, errDamaged)
	}
	var b []byte
	for _, key := range went {
		b = append(strconv.AppendUint(append(b, '-'), uint64(l.uids[key]), 10), '\n')
		delete(l.uids, key)
	}
	for _, key := range came {
		if l.uids[key] != 0 {
			continue
		}
		b = appendAdded(b, l.next, key)
		l.uids[key] = l.next
		l.next++
	}
	l.lines += len(came) + len(went)
	if l.file == nil || l.lines > 2*len(l.uids)+1000 {
		return l.write(dir)
	}
	return l.append(dir, b, len(came) > 0)
}

// append adds the lines to the file, behind what is good in it. If that fails the list in memory must be forgotten.
func (l *uidList) append(dir string, lines []byte, flush bool) error {
	f, err := os.OpenFile(filepath.Join(dir, uidListFile), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = f.Truncate(l.size)
	if err == nil {
		_, err = f.WriteAt(lines, l.size)
	}
	if err == nil && flush {
		err = f.Sync()
	}
	if err == nil {
		l.file, err = f.Stat()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the UIDs of %q: %w", dir, err)
	}
	l.size += int64(len(lines))
	return nil
}

// write replaces the file.
func (l *uidList) write(dir string) error {
	name, data := filepath.Join(dir, uidListFile), l.format()
	if err := replaceFile(name, data); err != nil {
		return fmt.Errorf("write the UIDs of %q: %w", dir, err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	head, _, _ := strings.Cut(string(data), "\n")
	l.version, l.size, l.lines = version{file: info, head: head}, int64(len(data)), len(l.uids)
	return nil
}

// A version tells one state of a list's file from others. Number, size and time are not enough: a new file can get the
// number of the one it replaces within a tick of the file system's clock. But no two lists have the same UIDVALIDITY.
type version struct {
	file os.FileInfo
	head string // the first line
}

// is says whether the open file is the version still.
func (v version) is(f *os.File, now os.FileInfo) bool {
	if v.file == nil || !os.SameFile(v.file, now) || v.file.Size() != now.Size() || !v.file.ModTime().Equal(now.ModTime()) {
		return false
	}
	head := make([]byte, len(v.head)+1)
	_, err := f.ReadAt(head, 0)
	return err == nil && string(head) == v.head+"\n"
}

// isCurrent says whether the folder's list is the version still.
func (v version) isCurrent(dir string) bool {
	f, err := os.Open(filepath.Join(dir, uidListFile))
	if err != nil {
		return false
	}
	info, err := f.Stat()
	same := err == nil && v.is(f, info)
	return f.Close() == nil && same
}

// needsNewList says whether the error of readUIDList means that the folder's messages must be numbered anew.
func needsNewList(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errDamaged)
}
