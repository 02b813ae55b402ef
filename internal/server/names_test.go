package server

import (
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/imapform/imapform/internal/mailbox"
)

var (
	flat     = namespace{}
	slashes  = namespace{delim: '/'}
	dots     = namespace{delim: '.'}
	inInbox  = namespace{prefix: "INBOX.", delim: '.'}
	inFolder = namespace{prefix: "Mail/", delim: '/'}
)

func TestFromWire(t *testing.T) {
	for _, c := range []struct {
		ns   namespace
		wire string
		want mailbox.Name
		says string
	}{
		{slashes, "a\xff", "", "UTF-8"},
		{slashes, "a//b", "", "no name"},
		{slashes, "a/", "", "no name"},
		{slashes, "", "", "no name"},
		{dots, "a/b.c", "", `"a/b"`},
		{flat, "a/b", "", `"a/b"`},
		{inInbox, "Lists.Go", "", "outside"},
		{inInbox, "INBOX.", "", "no name"},
		{inFolder, "Other", "", "outside"},
		{inFolder, "Mail/INBOX", "", "INBOX"},

		{slashes, "inbox", "INBOX", ""},
		{slashes, "Inbox/Sub", "INBOX/Sub", ""},
		{slashes, "Lists/Go", "Lists/Go", ""},
		{slashes, "Lists.Go", "Lists.Go", ""},
		{slashes, "Bu\u0308cher", "B\u00fccher", ""},
		{dots, "Lists.Go", "Lists/Go", ""},
		{flat, "a.b", "a.b", ""},
		{inInbox, "INBOX", "INBOX", ""},
		{inInbox, "INBOX.Lists.Go", "Lists/Go", ""},
		{inInbox, "Inbox.Lists", "Lists", ""},
		{inInbox, "INBOX.INBOX", "INBOX/INBOX", ""},
		{inInbox, "INBOX.inbox.x", "INBOX/inbox/x", ""},
		{inFolder, "Mail/a", "a", ""},
		{inFolder, "INBOX/a", "INBOX/a", ""},
	} {
		got, err := c.ns.fromWire(c.wire, c.ns.delim)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v %q: %q, error %v; want one that says %q", c.ns, c.wire, got, err, c.says)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%+v %q: %q, error %v; want %q", c.ns, c.wire, got, err, c.want)
		}
	}
}

func TestToWire(t *testing.T) {
	for _, c := range []struct {
		ns   namespace
		name mailbox.Name
		want string
		says string
	}{
		{dots, "Lists/golang.org", "", `its level "golang.org" holds "."`},
		{inInbox, "a.b", "", `"a.b"`},
		{flat, "a/b", "", "no folders within folders"},
		{slashes, "a\xff", "", "UTF-8"},
		{slashes, "", "", "without a name"},
		{slashes, "a//b", "", "no name"},

		{flat, "a", "a", ""},
		{slashes, "INBOX", "INBOX", ""},
		{inInbox, "INBOX", "INBOX", ""},
		{inInbox, "Lists/Go", "INBOX.Lists.Go", ""},
		{inInbox, "INBOX/Lists/Go", "INBOX.Lists.Go", ""},
		{inInbox, "INBOX/INBOX", "INBOX.INBOX", ""},
		{dots, "INBOX/Lists", "INBOX.Lists", ""},
		{slashes, "a.b", "a.b", ""},
		{inFolder, "a/b", "Mail/a/b", ""},
		{inFolder, "INBOX/b", "INBOX/b", ""},
	} {
		got, err := c.ns.toWire(c.name)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v %q: %q, error %v; want one that says %q", c.ns, c.name, got, err, c.says)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%+v %q: %q, error %v; want %q", c.ns, c.name, got, err, c.want)
		}
	}
}

// FuzzNames: a name that can be written comes back as itself, and one that comes from
// the server can be written.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"INBOX", "inbox/a", "INBOX.INBOX.x", "INBOX.INBoX", "INBOX.inbox.x", "Lists/Go", "a.b", "Mail/x", "Bu\u0308cher", "a//b", "\xff", "&", "日本"} {
		f.Add(s)
	}
	all := []namespace{flat, slashes, dots, inInbox, inFolder, {prefix: "~/", delim: '/'}}
	f.Fuzz(func(t *testing.T, s string) {
		for _, ns := range all {
			if name, err := ns.fromWire(s, ns.delim); err == nil {
				back, err := ns.toWire(name)
				if err != nil {
					t.Fatalf("%+v: %q is %q here, which cannot be written: %v", ns, s, name, err)
				}
				if again, err := ns.fromWire(back, ns.delim); err != nil || again != name {
					t.Errorf("%+v: %q is %q, is %q, is %q, %v", ns, s, name, back, again, err)
				}
				if ns.canonical(name) != name {
					t.Errorf("%+v: %q is listed as %q, for which %q is said", ns, s, name, ns.canonical(name))
				}
			}
			name, err := mailbox.ParseName(s)
			if err != nil {
				continue
			}
			wire, err := ns.toWire(name)
			if err != nil {
				continue
			}
			got, err := ns.fromWire(wire, ns.delim)
			if err != nil {
				if ns == inFolder {
					continue // INBOX is not below Mail/
				}
				t.Fatalf("%+v: %q is %q on the wire, which cannot be read: %v", ns, name, wire, err)
			}
			if got != ns.canonical(name) {
				t.Errorf("%+v: %q is %q on the wire and then %q", ns, name, wire, got)
			}
		}
	})
}

func TestNamespaces(t *testing.T) {
	all := newNamespaces(&imap.NamespaceData{
		Personal: []imap.NamespaceDescriptor{{Prefix: "INBOX.", Delim: '.'}, {Prefix: "Old.", Delim: '.'}},
		Other:    []imap.NamespaceDescriptor{{Prefix: "user.", Delim: '.'}},
		Shared:   []imap.NamespaceDescriptor{{Prefix: "", Delim: '.'}, {Prefix: "&AOk-.", Delim: '.'}},
	})
	for wire, want := range map[string]error{
		"INBOX": nil, "inbox": nil, "INBOX.a": nil, "Inbox.a": nil,
		"Old.a": errOutside, "user.b": errForeign, "user": errForeign, "anything": errForeign, "é.x": errForeign,
	} {
		if err := all.check(wire); !errors.Is(err, want) {
			t.Errorf("%q: %v; want %v", wire, err, want)
		}
	}
	if err := (namespaces{own: slashes, others: []namespace{{delim: '/'}}}).check("x"); err != nil {
		t.Errorf("a prefix that is the user's own and shared: %v", err)
	}
}

func TestWireName(t *testing.T) {
	nfd := norm.NFD.String("Bücher")
	s := &Session{namespaces: namespaces{own: slashes}, folders: newFolderTable()}
	s.folders.add("Bücher", nfd)
	s.folders.add("INBOX", "INBOX")
	s.folders.add("Twice", "Twice")
	s.folders.add("Twice", "Twice2")
	for name, want := range map[mailbox.Name]string{
		"Bücher": nfd, "Bücher/Neu": nfd + "/Neu", "Bücher/a/b": nfd + "/a/b", "Other": "Other", "INBOX": "INBOX", "INBOX/x": "INBOX/x",
	} {
		if got, err := s.wireName(name); err != nil || got != want {
			t.Errorf("%q: %+q, %v; want %+q", name, got, err, want)
		}
	}
	for _, name := range []mailbox.Name{"Twice", "Twice/x"} {
		_, err := s.wireName(name)
		wantError(t, err, `"Twice"`, `"Twice2"`)
	}
	s.folders.renamed("Bücher", "Books", nfd, "Books")
	if got, err := s.wireName("Books"); err != nil || got != "Books" {
		t.Errorf("renamed: %q, %v", got, err)
	}

	s = &Session{namespaces: namespaces{own: inInbox}, folders: newFolderTable()}
	s.folders.add("INBOX", "INBOX")
	s.folders.add("Lists", "INBOX.Lists")
	for name, want := range map[mailbox.Name]string{
		"Lists": "INBOX.Lists", "INBOX/Lists": "INBOX.Lists", "INBOX/Lists/a": "INBOX.Lists.a", "INBOX/INBOX": "INBOX.INBOX", "x/y": "INBOX.x.y",
	} {
		if got, err := s.wireName(name); err != nil || got != want {
			t.Errorf("%q: %+q, %v; want %+q", name, got, err, want)
		}
	}
}
