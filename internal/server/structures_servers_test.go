package server_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/maildir"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

var update = flag.Bool("update", false, "write what the servers say of odd messages into testdata")

// Every server tells of what people send what our own reading of the octets tells. Of
// what is odd it may tell something else: that stands in testdata/structures.
func TestStructures(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		specimens := imaptest.Specimens()
		for _, specimen := range specimens {
			imaptest.Append(t, a, "INBOX", specimen.Message)
		}
		before := imaptest.Snapshot(t, a)
		r := imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true})
		compareStructures(t, string(a.Server.Name), specimens, dial(t, through(t, a, r)))
		if diff := cmp.Diff(before, imaptest.Snapshot(t, a)); diff != "" {
			t.Errorf("looking changed the mailbox (- before, + after):\n%s", diff)
		}
	})
}

func TestMaildirStructures(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	specimens := imaptest.Specimens()
	for i, specimen := range specimens {
		name := filepath.Join(dir, "cur", fmt.Sprintf("%d.a.host:2,", 1700000000+i))
		if err := os.WriteFile(name, bytes.ReplaceAll(specimen.Message.Body, []byte("\r\n"), []byte("\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	compareStructures(t, "maildir", specimens, dial(t, &config.Account{Address: "account.local", Maildir: dir}))
}

// judged is what a session makes of a message.
type judged struct{ leaves, texts string }

func compareStructures(t *testing.T, product string, specimens []imaptest.Specimen, s *server.Session) {
	t.Helper()
	var heard []string
	listen := &message.TextTest{Passes: func(text message.Text) bool { heard = append(heard, text.Plain); return false }}
	fetch := message.Parts{Structure: true, Texts: []*message.TextTest{listen}}
	var odd strings.Builder
	for i, specimen := range specimens {
		want := judgedByOctets(specimen.Message.Body)
		heard = nil
		var got judged
		_, err := s.Answer(t.Context(), plan.Question{Folder: "INBOX", UIDs: imap.UIDSetNum(imap.UID(i + 1)), Fetch: fetch}, func(m *message.Message) {
			got = judgedAs(m.Structure, heard, m.Texts[listen] == message.Unreadable)
		})
		if err != nil {
			t.Errorf("%s: %v", specimen.Name, err)
		}
		if product == "courier" {
			want.leaves, got.leaves = alike(want.leaves), alike(got.leaves)
		}
		switch {
		case want == got:
		case !specimen.Odd:
			t.Errorf("%s (- octets, + server):\n%s%s", specimen.Name, cmp.Diff(want.leaves, got.leaves), cmp.Diff(want.texts, got.texts))
		default:
			fmt.Fprintf(&odd, "%s\n%s%s\nby its octets\n%s%s\n\n", specimen.Name, got.leaves, got.texts, want.leaves, want.texts)
		}
	}
	compareGolden(t, filepath.Join("testdata", "structures", product+".txt"), odd.String())
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (- want, + got):\n%s", name, diff)
	}
}

// judgedByOctets is what must come of a message that is as it should be.
func judgedByOctets(raw []byte) judged {
	_, root, err := message.ParseMessage(raw)
	if err != nil {
		return judgedAs(nil, nil, true)
	}
	var texts []string
	unreadable := false
	for p := range root.Leaves() {
		if !p.Readable() {
			continue
		}
		text, err := message.ReadText(p, bytes.NewReader(p.Body), 1<<20)
		if err != nil {
			unreadable = true
			continue
		}
		texts = append(texts, message.TextOf(text).Plain)
	}
	return judgedAs(root, texts, unreadable)
}

func judgedAs(root *message.Part, texts []string, unreadable bool) judged {
	j := judged{texts: fmt.Sprintf("  %d texts %.100q", len(texts), texts[:min(5, len(texts))])}
	if unreadable {
		j.texts += ", not all readable"
	}
	if root == nil {
		j.leaves = "  unknown\n"
		return j
	}
	var b strings.Builder
	n := 0
	for p := range root.Leaves() {
		if n++; n > 3 {
			continue
		}
		fmt.Fprintf(&b, "  %v %s/%s %s %.100q %q %s %d", p.Number, p.Type, p.Subtype, p.Charset, p.Name, p.Disposition, p.Encoding, p.Size)
		if p.Attachment() {
			b.WriteString(" attachment")
		}
		if p.Readable() {
			b.WriteString(" readable")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "  %d leaves\n", n)
	j.leaves = b.String()
	return j
}

// alike hides what Courier says otherwise and no rule can see: it fills in "8bit", and
// counts a line end more or less in what lies in a message within a message.
func alike(leaves string) string {
	var out []string
	for line := range strings.Lines(leaves) {
		line = strings.Replace(line, "8bit", "7bit", 1)
		if number, _, isLeaf := strings.Cut(line, "]"); isLeaf && (strings.Contains(line, "message/") || strings.Contains(number[3:], " ")) {
			words := strings.Fields(line)
			line = "  " + strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.Trim(w, "0123456789") == "" }), " ") + "\n"
		}
		out = append(out, line)
	}
	return strings.Join(out, "")
}

// A Maildir tells of any octets what our own reading of them tells.
func TestMaildirMutations(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	specimens := imaptest.Specimens()
	specimens = slices.DeleteFunc(specimens, func(s imaptest.Specimen) bool { return len(s.Message.Body) > 4000 })
	var raw [][]byte
	for i := range 400 {
		text := bytes.ReplaceAll(specimens[i%len(specimens)].Message.Body, []byte("\r"), nil)
		other := bytes.ReplaceAll(specimens[random.IntN(len(specimens))].Message.Body, []byte("\r"), nil)
		text = slices.Concat(text[:random.IntN(len(text))], other[random.IntN(len(other)):])
		for range random.IntN(4) {
			text[random.IntN(len(text))] = "\n -;=\"()\x00\xffb:/*'"[random.IntN(15)]
		}
		if err := os.WriteFile(filepath.Join(dir, "cur", fmt.Sprintf("%d.a.host:2,", 1700000000+i)), text, 0o600); err != nil {
			t.Fatal(err)
		}
		raw = append(raw, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	}
	s := dial(t, &config.Account{Address: "account.local", Maildir: dir})
	var heard []string
	listen := &message.TextTest{Passes: func(text message.Text) bool { heard = append(heard, text.Plain); return false }}
	fetch := message.Parts{Structure: true, Texts: []*message.TextTest{listen}}
	unknown := 0
	for i := range raw {
		heard = nil
		told := false
		_, err := s.Answer(t.Context(), plan.Question{Folder: "INBOX", UIDs: imap.UIDSetNum(imap.UID(i + 1)), Fetch: fetch}, func(m *message.Message) {
			told = true
			want, got := judgedByOctets(raw[i]), judgedAs(m.Structure, heard, m.Texts[listen] == message.Unreadable)
			if got.leaves == "  unknown\n" {
				unknown++
				return // as where a multipart holds nothing but an empty text
			}
			if want != got {
				t.Errorf("%q\n(- octets, + server):\n%s%s", raw[i], cmp.Diff(want.leaves, got.leaves), cmp.Diff(want.texts, got.texts))
			}
		})
		if err != nil || !told {
			t.Fatalf("%q: told %t, %v", raw[i], told, err)
		}
	}
	if unknown > len(raw)/20 {
		t.Errorf("of %d messages %d are unknown", len(raw), unknown)
	}
}
