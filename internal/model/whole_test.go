package model

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// What was read and is appended is a copy of the mail; what was not is another one.
func TestWhole(t *testing.T) {
	a := New(Variants()[0])
	a.MakeFolder("A")
	n, uid := a.Deliver("A", Mail{Header: []string{"Subject: one"}, Body: "Hello", Size: 40})
	if _, err := a.Open(t.Context(), "A"); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := a.Read(t.Context(), uid, &text); err != nil || text.Len() != 40 || !strings.HasPrefix(text.String(), "Subject: one\r\n\r\nHello") {
		t.Fatalf("%q, %v", text.String(), err)
	}
	if err := a.Read(t.Context(), 9, &text); err == nil {
		t.Error("a message that is not there is read")
	}
	add := func(text string, size int64) (imap.UID, error) {
		_, uid, err := a.Append(t.Context(), "A", apply.Append{Flags: mailbox.NewFlags(imap.FlagSeen), Size: size, Message: strings.NewReader(text)})
		return uid, err
	}
	again, err := add(text.String(), 40)
	if err != nil || again != uid+1 || len(a.Census()[n]) != 2 {
		t.Errorf("UID %d, %v, census %v", again, err, a.Census())
	}
	other, err := add("Subject: two\r\n\r\nHello", 21)
	if err != nil || len(a.Census()[n+1]) != 1 || !a.Has("A", other) {
		t.Errorf("UID %d, %v, census %v", other, err, a.Census())
	}
	if _, err := add("short", 9); err == nil {
		t.Error("a message that ends early is added")
	}
	if len(a.Violations()) > 0 {
		t.Errorf("violations %q", a.Violations())
	}
	if _, err := add("", 0); err != nil || len(a.Violations()) != 1 {
		t.Errorf("%v, violations %q", err, a.Violations())
	}
	if _, _, err := a.Append(t.Context(), "B", apply.Append{Size: 1, Message: strings.NewReader("a")}); err == nil {
		t.Error("a message is added to a folder that is not there")
	}
}
