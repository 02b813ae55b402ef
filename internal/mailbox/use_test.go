package mailbox

import (
	"slices"
	"testing"
)

func TestUses(t *testing.T) {
	all := Uses()
	if len(all) != 8 || !slices.IsSorted(all) {
		t.Errorf("Uses = %q; want the eight of RFC 6154 and RFC 8457 in order", all)
	}
	for _, use := range all {
		if back, ok := UseOf(use.Attr()); !ok || back != use {
			t.Errorf("the attribute of %q is that of %q", use, back)
		}
		if ref, err := ParseRef(use.Token()); err != nil || ref.Use != use {
			t.Errorf("the token of %q gives %v, %v", use, ref, err)
		}
		if want := use != UseArchive && use != UseSent; use.Hidden() != want {
			t.Errorf("%q.Hidden() = %v", use, !want)
		}
	}
	if Use("rubbish").Attr() != "" || Use("").Attr() != "" || Use("").Hidden() {
		t.Error("what is no use has an attribute or is hidden")
	}
	if use, ok := UseOf(`\NoSelect`); ok {
		t.Errorf(`\NoSelect is the attribute of %q`, use)
	}
}

func TestWellKnown(t *testing.T) {
	for name, want := range map[Name]Use{
		"Trash": UseTrash, "TRASH": UseTrash, "INBOX/Trash": UseTrash, "Entwürfe": UseDrafts, "INBOX/gesendet": UseSent, "Spam": UseJunk, "Archive": UseArchive,
		"INBOX": "", "Lists": "", "a/Trash": "", "INBOX/a/Trash": "", "Trash/a": "", "": "",
	} {
		if got := WellKnown(name); got != want {
			t.Errorf("WellKnown(%q) = %q; want %q", name, got, want)
		}
	}
	seen := make(map[string]Use)
	for use, names := range wellKnown {
		for _, name := range names {
			if other, ok := seen[Name(name).Fold()]; ok {
				t.Errorf("%q stands for %q and for %q", name, use, other)
			}
			seen[Name(name).Fold()] = use
			if parsed, err := ParseName(name); err != nil || string(parsed) != name {
				t.Errorf("%q is not in canonical form: %q, %v", name, parsed, err)
			}
		}
	}
}
