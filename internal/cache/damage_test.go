package cache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"reflect"
	"testing"

	"github.com/imapform/imapform/internal/message"
)

// No octet of a file can change, and none can go, without it counting as none.
func TestDamage(t *testing.T) {
	a := open(t, t.TempDir())
	remember(t, a, "A", State{UIDValidity: 7, UIDNext: 9, Messages: 2}, common(), mail(t, 1, "work"), mail(t, 5))
	remember(t, a, "B", State{UIDValidity: 7, UIDNext: 9, Messages: 2}, common(), mail(t, 1), mail(t, 5))
	whole, err := os.ReadFile(a.path("A"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(a.path("A"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openFolder(nopCloser{bytes.NewReader(whole)}, int64(len(whole)), a.key, "A"); err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		for _, damaged := range [][]byte{b, whole[:i]} {
			if _, err := openFolder(nopCloser{bytes.NewReader(damaged)}, int64(len(damaged)), a.key, "A"); err == nil {
				t.Errorf("%d octets count, of which octet %d is another one or the first that is missing", len(damaged), i)
			}
		}
	}
	put(whole[:len(whole)/2])
	forgotten(t, a, "A", "it is cut off")
	put(nil)
	forgotten(t, a, "A", "it is empty")
	put(append(whole, 0))
	forgotten(t, a, "A", "there is one octet more")
	put(append(whole, whole...))
	forgotten(t, a, "A", "it is there twice")
	other, err := os.ReadFile(a.path("B"))
	if err != nil {
		t.Fatal(err)
	}
	put(other)
	forgotten(t, a, "A", "it is another folder's")
	put(whole)
	recall(t, a, "A")
	if err := os.Remove(a.path("A")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(a.path("A"), 0o700); err != nil {
		t.Fatal(err)
	}
	forgotten(t, a, "A", "it is a directory")
}

// compose makes a file with a checksum that is right, of whatever frames.
func compose(s State, frames ...[]byte) []byte {
	var b []byte
	for _, f := range frames {
		b = append(binary.AppendUvarint(b, uint64(len(f))), f...)
	}
	b = appendTail(b, s)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// A checksum that is right does not make sense of what makes none.
func TestNonsense(t *testing.T) {
	head := func(p message.Parts) []byte { return appendHead(nil, "account", "A", p) }
	flags := message.Parts{Flags: true}
	times := message.Parts{Received: true}
	fields := message.Fields("from")
	s := State{UIDValidity: 7, UIDNext: 9, Messages: 1}
	two := State{UIDValidity: 7, UIDNext: 9, Messages: 2}
	if f, err := openOctets(compose(s, head(flags), []byte{1, 0, 1, 1, 'k'})); err != nil || len(rows(t, f, flags)) != 1 {
		t.Fatalf("what makes sense: %v", err)
	}
	for name, b := range map[string][]byte{
		"nothing":               nil,
		"a tail only":           compose(State{UIDValidity: 7, UIDNext: 9}),
		"another version":       compose(s, appendParts(appendText(appendText(appendText(nil, "imapform cache 0"), "account"), "A"), flags), []byte{1, 0, 0}),
		"another account":       compose(s, appendHead(nil, "other", "A", flags), []byte{1, 0, 0}),
		"another folder":        compose(s, appendHead(nil, "account", "B", flags), []byte{1, 0, 0}),
		"unknown parts":         compose(s, append(appendText(appendText(appendText(nil, magic), "account"), "A"), 16, 0), []byte{1}),
		"fields without order":  compose(s, head(message.Parts{Fields: []string{"to", "from"}}), []byte{1, 0}),
		"fields in upper case":  compose(s, head(message.Parts{Fields: []string{"From"}}), []byte{1, 0}),
		"endless fields":        compose(s, append(appendText(appendText(appendText(nil, magic), "account"), "A"), 0, 0xff, 0xff, 0xff, 0xff, 1), []byte{1}),
		"more behind the parts": compose(s, append(head(flags), 0), []byte{1, 0, 0}),
		"an empty row":          compose(s, head(flags), nil),
		"UID 0":                 compose(s, head(flags), []byte{0, 0, 0}),
		"a UID twice":           compose(two, head(flags), []byte{1, 0, 0}, []byte{0, 1}),
		"a UID past all":        compose(two, head(flags), []byte{1, 0, 0}, []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 1}),
		"a UID to come":         compose(s, head(flags), []byte{9, 0, 0}),
		"too few rows":          compose(two, head(flags), []byte{1, 0, 0}),
		"too many rows":         compose(s, head(flags), []byte{1, 0, 0}, []byte{1, 1}),
		"a set not yet named":   compose(s, head(flags), []byte{1, 1}),
		"flags without order":   compose(s, head(flags), []byte{1, 0, 2, 1, 'b', 1, 'a'}),
		"a flag twice":          compose(s, head(flags), []byte{1, 0, 2, 1, 'b', 1, 'B'}),
		"a flag without name":   compose(s, head(flags), []byte{1, 0, 1, 0}),
		"endless flags":         compose(s, head(flags), []byte{1, 0, 0xff, 0xff, 0xff, 0xff, 1}),
		"a flag that is cut":    compose(s, head(flags), []byte{1, 0, 1, 9, 'b'}),
		"more behind a row":     compose(s, head(flags), []byte{1, 0, 0, 0}),
		"a time past all":       compose(s, head(times), append(binary.AppendVarint([]byte{1}, 1<<50), 0)),
		"a zone past all":       compose(s, head(times), binary.AppendVarint([]byte{1, 0}, 100_000)),
		"no time":               compose(s, head(times), []byte{1}),
		"half broken":           compose(s, head(fields), []byte{1, 2}),
		"no header":             compose(s, head(fields), []byte{1}),
		"no UIDVALIDITY":        compose(State{UIDNext: 9, Messages: 1}, head(flags), []byte{1, 0, 0}),
		"no UIDNEXT":            compose(State{UIDValidity: 9, Messages: 1}, head(flags), []byte{1, 0, 0}),
		"saved in three ways":   compose(s, head(message.Parts{Saved: true}), []byte{1, 2, 0, 0}),
		"a frame past all":      compose(s, head(flags), make([]byte, maxFrame+1)),
		"a large frame":         compose(s, head(flags), make([]byte, buffer+1)),
	} {
		if _, err := openOctets(b); err == nil {
			t.Errorf("%s counts", name)
		}
	}
}

// A disk that fails once the file was read is an error, and not the end.
func TestFailingDisk(t *testing.T) {
	all := []*message.Message{mail(t, 1), mail(t, 2), mail(t, 3)}
	a := open(t, t.TempDir())
	remember(t, a, "A", State{UIDValidity: 7, UIDNext: 9, Messages: 3}, common(), all...)
	f := recall(t, a, "A")
	whole := f.file
	for _, left := range []int64{0, 10, f.size / 2, f.size - 1} {
		f.file = &shortened{whole, left}
		var err error
		for _, err = range f.Rows(common()) {
		}
		if err == nil {
			t.Errorf("after %d octets it is over", left)
		}
	}
}

// shortened is a file that cannot be read to its end.
type shortened struct {
	io.ReadSeekCloser
	left int64
}

func (s *shortened) Read(b []byte) (int, error) {
	if s.left == 0 {
		return 0, errors.New("input/output error")
	}
	n, err := s.ReadSeekCloser.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	return n, err
}

// What counts, whoever has written it, is rows that can be written again as they are.
func FuzzFolder(f *testing.F) {
	flags := message.Parts{Flags: true, Size: true, Received: true, Saved: true, Fields: []string{"from"}}
	a := open(f, f.TempDir())
	a.key = "account"
	m := mail(f, 5, "work")
	m.Known.Saved, m.Saved = true, m.Received
	remember(f, a, "A", State{UIDValidity: 7, UIDNext: 9, Messages: 1}, flags, m)
	file, err := os.ReadFile(a.path("A"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(compose(State{UIDValidity: 7, UIDNext: 9, Messages: 2}, appendHead(nil, "account", "A", message.Parts{Flags: true}), []byte{1, 0, 1, 1, 'k'}, []byte{3, 1}))
	f.Add([]byte("imapform"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := len(b) - 4; n > 0 {
			b = binary.LittleEndian.AppendUint32(b[:n:n], crc32.Checksum(b[:n], castagnoli))
		}
		folder, err := openOctets(b)
		if err != nil {
			return
		}
		again := newCodec(folder.parts)
		frames := [][]byte{appendHead(nil, "account", "A", folder.parts)}
		all := rows(t, folder, folder.parts)
		for _, m := range all {
			frame, err := again.append(nil, m)
			if err != nil {
				t.Skip() // a header whose octets nobody here writes
			}
			frames = append(frames, frame)
		}
		second, err := openOctets(compose(folder.state, frames...))
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, second, folder.parts); !reflect.DeepEqual(got, all) {
			t.Fatalf("%+v was %+v", got, all)
		}
	})
}
