package plan

import (
	"bytes"
	"math/rand/v2"
	"os"
	"reflect"
	"testing"
)

// Whatever is read is written again octet by octet, and may be applied or not by its
// sense alone: the fuzzer is given the right checksum, which it would never find.
func FuzzDecode(f *testing.F) {
	good, err := os.ReadFile("testdata/saved.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":"imapform plan","format_version":"1.0","tool":"x","id":"x","made":"2026-11-21T12:00:00Z","accounts":[{"address":"a","mailbox":{"maildir":"/"},"watched":["*"]}]`))
	f.Add([]byte("PK\x03\x04"))
	for seed := range uint64(20) {
		data, err := Encode(randomSaved(rand.New(rand.NewPCG(seed, 2))))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		body, _, _ := bytes.Cut(data, []byte(sumOpen))
		for _, data := range [][]byte{data, seal(bytes.Clone(body))} {
			saved, err := Decode(data)
			if err != nil {
				if saved != nil || len(err.Error()) > 2000 {
					t.Fatalf("with an error of %d octets: %v", len(err.Error()), saved)
				}
				continue
			}
			again, err := Encode(saved)
			if err != nil || !bytes.Equal(again, data) {
				t.Fatalf("%q\nis written again as\n%q, %v", data, again, err)
			}
			if stripped := saved.Stripped(); !reflect.DeepEqual(stripped, saved) {
				t.Fatalf("%+v\nstripped is\n%+v", saved, stripped)
			}
		}
	})
}

// FuzzColumns reads and writes columns, which hold most of a file.
func FuzzColumns(f *testing.F) {
	f.Add("5+3,3999999992", "Vthnmy6th9q7+hNcP7ibnz1avC7zqae/iGyRarzdt5V9lUmJjKfLiw", `(\Flagged) +($Done \Seen) -(\Flagged)`, `(\Seen)`, "0,1x2,0,1")
	f.Add("1+4294967294", "AAAAAAAAAAA", "()", "", "0x4294967295")
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, uids, digests, first, second, runs string) {
		c := columns{UIDs: uids, Digests: digests, Flags: []string{first, second}, Runs: runs}
		if second == "" {
			c.Flags = c.Flags[:1]
		}
		var kind Message
		if err := parseCombination(first, &kind); err != nil {
			return
		}
		msgs, err := c.messages(kind.Add, kind.Remove)
		if err != nil {
			return
		}
		for i := range msgs {
			if msgs[i].UID == 0 || i > 0 && msgs[i].UID <= msgs[i-1].UID {
				t.Fatalf("%q are the UIDs %d", uids, msgs[i].UID)
			}
		}
		written, err := newColumns(msgs)
		if err != nil {
			t.Fatal(err)
		}
		back, err := written.messages(kind.Add, kind.Remove)
		if err != nil || !reflect.DeepEqual(back, msgs) {
			t.Fatalf("%+v\nis read again as\n%+v, %v", msgs, back, err)
		}
	})
}
