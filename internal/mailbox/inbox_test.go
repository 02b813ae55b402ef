package mailbox

import "testing"

func TestOutOfInbox(t *testing.T) {
	for name, want := range map[Name]Name{
		"":                "",
		"INBOX":           "INBOX",
		"Lists/Go":        "Lists/Go",
		"INBOX/Lists/Go":  "Lists/Go",
		"INBOX/INBOX":     "INBOX/INBOX",
		"INBOX/INBOX/Sub": "INBOX/INBOX/Sub",
	} {
		if got := name.OutOfInbox(); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := (Ref{Use: UseArchive, Name: "INBOX/x"}).OutOfInbox(); got.Name != "INBOX/x" {
		t.Errorf("below a use: got %q", got.Name)
	}
}

// Where all folders lie below INBOX, patterns may say so or not.
func TestMatchInInbox(t *testing.T) {
	w := World{Hidden: []Name{"Trash"}, InInbox: true}
	for _, c := range []struct {
		pattern string
		name    Name
		want    bool
	}{
		{"INBOX/**", "INBOX", false},
		{"INBOX/**", "Lists/Go", true},
		{"INBOX/*", "Lists", true},
		{"INBOX/*", "Lists/Go", false},
		{"INBOX/Lists/*", "Lists/Go", true},
		{"Lists/*", "Lists/Go", true},
		{"INBOX/**", "Trash", false},
		{"INBOX/Trash/*", "Trash/Old", true},
		{"INBOX/Trash", "Trash", true},
	} {
		p, err := ParsePattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(c.name, w); got != c.want {
			t.Errorf("%q, %q: got %t", c.pattern, c.name, got)
		}
		if w := (World{Hidden: w.Hidden}); c.name != "INBOX" && c.pattern != "Lists/*" && p.Match(c.name, w) {
			t.Errorf("%q, %q: matches on any server", c.pattern, c.name)
		}
	}
}
