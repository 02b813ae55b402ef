package imaptest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A State is everything that can be observed of a mailbox without changing it. Two are compared with go-cmp or
// reflect.DeepEqual.
type State struct {
	Folders    map[string]Folder // by levels joined with "/", whatever the server's names
	Subscribed []string          // sorted, also of folders that are gone
}

// A Folder is the state of one folder.
type Folder struct {
	Name          string   // the server's
	Attributes    []string // lower case and sorted; without what only says whether there is news or children
	UIDValidity   uint32   // 0: cannot be selected
	UIDNext       uint32
	HighestModSeq uint64 // 0: the server has none
	Messages      []Stored
}

// Stored is a message in a folder.
type Stored struct {
	UID   uint32
	Flags []string // sorted, without \Recent, which any reading session may take
	Date  time.Time
	Size  uint32
	Hash  string // SHA-256 of BODY[] in hexadecimal digits
}

// Messages counts the messages of all folders by hash, to prove that each is there exactly once.
func (s State) Messages() map[string]int {
	count := map[string]int{}
	for _, f := range s.Folders {
		for _, m := range f.Messages {
			count[m.Hash]++
		}
	}
	return count
}

// Hash is what [Stored] says of a message with this body.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Snapshot reads the state of the account's mailbox with EXAMINE and BODY.PEEK. What cannot be read fails the test.
func Snapshot(t testing.TB, a Account) State {
	t.Helper()
	c, err := login(a)
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	defer c.close()
	s, err := c.snapshot()
	if err != nil && strings.Contains(err.Error(), "[NONEXISTENT]") {
		time.Sleep(time.Second) // what was sent before a connection was cut may still be done
		s, err = c.snapshot()
	}
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	return s
}

// Unchanged runs f and fails the test if the account's mailbox is not the same afterwards.
func Unchanged(t testing.TB, a Account, f func()) {
	t.Helper()
	before := Snapshot(t, a)
	f()
	if diff := cmp.Diff(before, Snapshot(t, a)); diff != "" {
		t.Errorf("the mailbox has changed (-before +after):\n%s", diff)
	}
}

// snapshot reads everything.
func (c *client) snapshot() (State, error) {
	s := State{Folders: map[string]Folder{}}
	capabilities, err := c.capabilities()
	if err != nil {
		return s, err
	}
	n, err := c.namespace()
	if err != nil {
		return s, err
	}
	listed, err := c.list("LIST", n)
	if err != nil {
		return s, err
	}
	if len(listed) == 0 {
		return s, errors.New("LIST: no folder at all")
	}
	for name, f := range listed {
		if !slices.Contains(f.Attributes, `\noselect`) && !slices.Contains(f.Attributes, `\nonexistent`) {
			if err := c.examine(&f, slices.Contains(capabilities, "CONDSTORE")); err != nil {
				return s, fmt.Errorf("folder %q: %w", name, err)
			}
		}
		s.Folders[name] = f
	}
	subscribed, err := c.list("LSUB", n)
	if err != nil {
		return s, err
	}
	for name, f := range subscribed {
		if !slices.Contains(f.Attributes, `\noselect`) { // a subscribed child only (RFC 3501 section 6.3.9)
			s.Subscribed = append(s.Subscribed, name)
		}
	}
	slices.Sort(s.Subscribed)
	return s, nil
}

// passing are the attributes that change without anything having changed for a person, or that other fields tell.
var passing = []string{`\marked`, `\unmarked`, `\haschildren`, `\hasnochildren`, `\subscribed`}

// list asks for all folders by LIST or LSUB.
func (c *client) list(command string, n namespace) (map[string]Folder, error) {
	responses, err := c.do(command, `""`, `"*"`)
	if err != nil {
		return nil, err
	}
	folders := map[string]Folder{}
	for _, r := range responses {
		if !r.is(command) {
			continue
		}
		if len(r.values) < 4 {
			return nil, fmt.Errorf("%s: short answer %q", command, r.line)
		}
		wire, ok := r.values[3].(string)
		if !ok {
			return nil, fmt.Errorf("%s: no name in %q", command, r.line)
		}
		name, err := n.name(wire)
		if err != nil {
			return nil, err
		}
		f := Folder{Name: wire, Attributes: []string{}}
		for _, attribute := range asStrings(r.values[1]) {
			attribute = strings.ToLower(attribute)
			if !slices.Contains(passing, attribute) {
				f.Attributes = append(f.Attributes, attribute)
			}
		}
		slices.Sort(f.Attributes)
		if _, twice := folders[name]; twice {
			return nil, fmt.Errorf("%s: folder %q twice", command, name)
		}
		folders[name] = f
	}
	return folders, nil
}

// examine reads a folder.
func (c *client) examine(f *Folder, condstore bool) error {
	items := "(MESSAGES UIDVALIDITY UIDNEXT)"
	if condstore {
		items = "(MESSAGES UIDVALIDITY UIDNEXT HIGHESTMODSEQ)"
	}
	responses, err := c.do("STATUS", quote(f.Name), items)
	if err != nil {
		return err
	}
	var status map[string]string
	for _, r := range responses {
		if r.is("STATUS") && len(r.values) == 3 {
			status = pairs(asStrings(r.values[2]))
		}
	}
	var numbers [4]uint64
	for i, item := range strings.Fields(strings.Trim(items, "()")) {
		if numbers[i], err = strconv.ParseUint(status[item], 10, 64); err != nil {
			return fmt.Errorf("STATUS: %s: %w", item, err)
		}
	}
	f.UIDValidity, f.UIDNext, f.HighestModSeq = uint32(numbers[1]), uint32(numbers[2]), numbers[3]

	if _, err := c.do("EXAMINE", quote(f.Name)); err != nil {
		return err
	}
	if numbers[0] == 0 {
		return nil
	}
	responses, err = c.do("UID FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
	if err != nil {
		return err
	}
	for _, r := range responses {
		if !r.is("FETCH") || !slices.Contains(asStrings(r.values[len(r.values)-1]), "BODY[]") {
			continue // news of a flag that another client has set
		}
		m, err := stored(r)
		if err != nil {
			return err
		}
		f.Messages = append(f.Messages, m)
	}
	if len(f.Messages) != int(numbers[0]) {
		return fmt.Errorf("STATUS counts %d messages, FETCH gives %d", numbers[0], len(f.Messages))
	}
	slices.SortFunc(f.Messages, func(a, b Stored) int { return int(a.UID) - int(b.UID) })
	return nil
}

// stored reads a FETCH response, all of whose items must be there.
func stored(r response) (Stored, error) {
	var m Stored
	items, ok := r.values[len(r.values)-1].([]any)
	if !ok || len(items)%2 != 0 {
		return m, fmt.Errorf("FETCH: cannot read %q", r.line)
	}
	seen := map[string]bool{}
	for i := 0; i < len(items); i += 2 {
		var err error
		name := strings.ToUpper(fmt.Sprint(items[i]))
		value, _ := items[i+1].(string)
		switch name {
		case "UID":
			err = number(value, &m.UID)
		case "RFC822.SIZE":
			err = number(value, &m.Size)
		case "INTERNALDATE":
			m.Date, err = time.Parse(internalDate, value)
			m.Date = m.Date.UTC()
		case "BODY[]":
			if value == "" {
				err = errors.New("empty")
			}
			m.Hash = Hash([]byte(value))
		case "FLAGS":
			m.Flags = []string{}
			for _, flag := range asStrings(items[i+1]) {
				if !strings.EqualFold(flag, `\Recent`) {
					m.Flags = append(m.Flags, systemFlag(flag))
				}
			}
			slices.Sort(m.Flags)
		}
		if err != nil {
			return m, fmt.Errorf("FETCH: %s: %w", name, err)
		}
		seen[name] = true
	}
	for _, name := range []string{"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY[]"} {
		if !seen[name] {
			return m, fmt.Errorf("FETCH: no %s in %q", name, r.line)
		}
	}
	return m, nil
}

// systemFlag writes the flags that every server has in one way; keywords stay as they are.
func systemFlag(flag string) string {
	for _, f := range []string{`\Seen`, `\Answered`, `\Flagged`, `\Deleted`, `\Draft`} {
		if strings.EqualFold(f, flag) {
			return f
		}
	}
	return flag
}

// number reads a 32-bit number.
func number(s string, to *uint32) error {
	n, err := strconv.ParseUint(s, 10, 32)
	*to = uint32(n)
	return err
}

// asStrings are the strings of a list.
func asStrings(value any) []string {
	list, _ := value.([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// pairs makes a map of names, in upper case, and values in turn.
func pairs(list []string) map[string]string {
	out := map[string]string{}
	for i := 0; i+1 < len(list); i += 2 {
		out[strings.ToUpper(list[i])] = list[i+1]
	}
	return out
}
