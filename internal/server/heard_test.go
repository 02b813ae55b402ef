package server

import (
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
)

// A server that talks without end must not fill the memory.
func TestHeardIsBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	const limit = 1 << 20
	h := heard{limit: limit}
	h.notice(wire.Notice{Kind: wire.StatusResponse, Type: "OK", Code: "X", Arguments: long, Text: long, Line: long, Item: long, Why: long})
	if n := h.since(wire.StatusResponse); len(n) != 1 || octetsOf(n[0]) > 6*maxKept {
		t.Errorf("a long notice takes %d octets", octetsOf(n[0]))
	}
	for range limit/maxKept + 1 {
		h.notice(wire.Notice{Kind: wire.FolderUnreadable, Item: long})
	}
	if h.all() || len(h.since(wire.FolderUnreadable)) > limit/maxKept {
		t.Errorf("%d notices are kept", len(h.since(wire.FolderUnreadable)))
	}
	h.forget()
	if !h.all() || len(h.since(wire.FolderUnreadable)) > 0 {
		t.Error("the next command does not begin anew")
	}
	copied := &wire.Copied{Source: make([]imap.UID, limit/8), Dest: make([]imap.UID, limit/8)}
	h.notice(wire.Notice{Kind: wire.StatusResponse, Code: "COPYUID", Copied: copied})
	if len(h.since(wire.StatusResponse)) > 0 {
		t.Error("many pairs of UIDs are kept")
	}
}

// What is read to its end is kept to its end.
func TestHeardKeepsArguments(t *testing.T) {
	long := "(" + strings.Repeat("keyword ", 1000) + "\\*)"
	var h heard
	for _, code := range []string{"PERMANENTFLAGS", "COPYUID"} {
		h.notice(wire.Notice{Kind: wire.StatusResponse, Type: "OK", Code: code, Arguments: long})
		all := h.since(wire.StatusResponse)
		if n := all[len(all)-1]; n.Code != code || n.Arguments != long {
			t.Errorf("the arguments of %s are cut to %d octets", code, len(n.Arguments))
		}
	}
}

func TestListTooMuchUnreadable(t *testing.T) {
	const limit = 100 << 10
	_, s := dialFake(t, polite())
	s.heard.limit = limit
	s.heard.notice(wire.Notice{Kind: wire.StatusResponse, Copied: &wire.Copied{Source: make([]imap.UID, limit)}})
	if s.heard.all() {
		t.Fatal("nothing is missed")
	}
	if _, err := s.List(t.Context()); err != nil {
		t.Errorf("what was missed during another command: %v", err)
	}
	line := "* LIST () \"/\" \"a&b" + strings.Repeat("x", 2*maxKept) + "\"\r\n"
	_, s = dialFake(t, polite().with("LIST", strings.Repeat(line, limit/maxKept)+"TAG OK\r\n"))
	s.heard.limit = limit
	_, err := s.List(t.Context())
	wantError(t, err, "list folders", "more than can be kept")
}
