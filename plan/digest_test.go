package plan

import (
	"testing"
	"time"
)

func TestDigest(t *testing.T) {
	base := Identity{Size: 1234, Received: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), MessageID: "<a@example.com>", Hash: 99}
	// Pinned: a saved plan may be applied by another build of the same format.
	if got, want := base.Digest(), uint64(0xadd3072ebac4c32); got != want {
		t.Errorf("the digest is %#x, was %#x: FormatVersion must change with it", got, want)
	}
	zoned := base
	zoned.Received = base.Received.In(time.FixedZone("", 7200))
	if zoned.Digest() != base.Digest() {
		t.Error("it hangs on the zone")
	}
	seen := map[uint64]string{base.Digest(): "itself"}
	for name, change := range map[string]func(*Identity){
		"size":           func(id *Identity) { id.Size++ },
		"date":           func(id *Identity) { id.Received = id.Received.Add(time.Second) },
		"Message-ID":     func(id *Identity) { id.MessageID += "x" },
		"no Message-ID":  func(id *Identity) { id.MessageID = "" },
		"header fields":  func(id *Identity) { id.Hash++ },
		"nothing at all": func(id *Identity) { *id = Identity{} },
	} {
		other := base
		change(&other)
		if same, ok := seen[other.Digest()]; ok {
			t.Errorf("%s: the digest is that of %s", name, same)
		}
		seen[other.Digest()] = name

		planned := Message{UID: 1, Identity: base}
		saved := Message{UID: 1, Digest: base.Digest()}
		for _, m := range []*Message{&planned, &saved} {
			if !m.Is(base) || m.Is(other) {
				t.Errorf("%s: %+v is %t, another one %t", name, m, m.Is(base), m.Is(other))
			}
			if m.Fingerprint() != base.Digest() {
				t.Errorf("%s: %+v is saved as %#x", name, m, m.Fingerprint())
			}
		}
	}
}
