package mailbox

import "testing"

func TestPatternFold(t *testing.T) {
	world := World{
		ByUse:  map[Use]Name{UseArchive: "Mail/Archive", UseTrash: "Trash"},
		Hidden: []Name{"Trash"},
	}
	for _, test := range []struct {
		pattern string
		name    Name
		want    bool
	}{
		{"", "a", false},
		{"Clients", "clients", true},
		{"clients/**", "Clients/A/B", true},
		{"clients/**", "Clients", false},
		{"CLI*", "Clients", true},
		{"Straße/*", "STRASSE/1", true},
		{"u\u0308*", "\u00dcber", true},
		{"inbox", "INBOX", true},
		{"inbox/a", "INBOX/A", true},
		{"a/inbox", "A/INBOX", true},
		{"clients", "Client", false},
		{"**", "TRASH", false},
		{"trash", "Trash", true},
		{"trash/**", "Trash/A", true},
		{UseArchive.Token(), "mail/ARCHIVE", true},
		{UseArchive.Token() + "/Year*", "Mail/archive/YEAR 1", true},
		{UseArchive.Token() + "/inbox", "mail/archive/INBOX", true},
		{UseArchive.Token() + "/*", "Mail/Archive", false},
		{UseTrash.Token(), "trash", true},
		{UseDrafts.Token(), "drafts", false}, // nobody knows that use
	} {
		pattern := Pattern{}
		if test.pattern != "" {
			parsed, err := ParsePattern(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			pattern = parsed
		}
		if got := pattern.Fold().Match(test.name.Folded(), world.Fold()); got != test.want {
			t.Errorf("%v covers %q without letter case: %t, want %t", pattern, test.name, got, test.want)
		}
	}
}

// What a pattern covers, it covers without letter case.
func FuzzPatternFold(f *testing.F) {
	for _, seed := range [][2]string{{"**/A*", "b/AB"}, {"ẞ*", "ßa"}, {"inbox/*", "INBOX/x"}, {"*\u0345", "\u03b1\u0345"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, folder string) {
		p, err := ParsePattern(pattern)
		name, nameErr := ParseName(folder)
		if err != nil || nameErr != nil || p.Use() != "" {
			return
		}
		if p.Match(name, World{}) && !p.Fold().Match(name.Folded(), World{}) {
			t.Fatalf("%v covers %q, but %v does not cover %q", p, name, p.Fold(), name.Folded())
		}
		if name.Depth() != name.Folded().Depth() {
			t.Fatalf("%q is %q when folded", name, name.Folded())
		}
	})
}
