package backup

import (
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	s := newStore(t)
	k := kept()
	if names, err := Find(s.Dir, k.Account, k.Folder, k.UIDValidity, k.UID); err != nil || len(names) > 0 {
		t.Errorf("in no directory: %q, %v", names, err)
	}
	name, _ := keep(t, s)
	other := kept()
	other.UID = 421
	if _, err := s.Keep(t.Context(), other, sends(letter)); err != nil {
		t.Fatal(err)
	}
	if names, err := Find(s.Dir, k.Account, k.Folder, k.UIDValidity, k.UID); err != nil || !slices.Equal(names, []string{name}) {
		t.Errorf("%q, %v, want %q", names, err, name)
	}
	if names, err := Find(s.Dir, k.Account, "Lists", k.UIDValidity, k.UID); err != nil || len(names) > 0 {
		t.Errorf("of another folder: %q, %v", names, err)
	}
	if names, err := Find(s.Dir, k.Account, k.Folder, k.UIDValidity, 4); err != nil || len(names) > 0 {
		t.Errorf("of another message: %q, %v", names, err)
	}
	if names, err := Find("/dev/null", k.Account, k.Folder, k.UIDValidity, k.UID); err == nil {
		t.Errorf("in what is no directory: %q", names)
	}
}
