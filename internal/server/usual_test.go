package server

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// rowSeeds are rows, and whether they are in the usual form.
var rowSeeds = map[string]bool{
	" (UID 5 FLAGS (\\Seen $Work) INTERNALDATE \"02-Jul-2026 02:44:25 +0200\" RFC822.SIZE 4482 BODY[HEADER.FIELDS (FROM X-A)] {9}\r\nFrom: b\r\n)\r\n": true,
	" (FLAGS () UID 5 MODSEQ (12345))\r\n":                                             true,
	" (UID 5 FLAGS (\\\\Seen  a))\n":                                                   true,
	" (UID 5 INTERNALDATE \" 2-Jul-2026 02:44:25 -0030\")\r\n":                         true,
	" (UID 5 BODY[HEADER.FIELDS (\"FROM\")] \"\" SAVEDATE NIL)\r\n":                    true,
	" (UID 5 SAVEDATE \"31-Dec-2026 23:59:59 +0000\" RFC822.SIZE 9223372036854775807)": true,
	" (UID 5 BODY[HEADER.FIELDS (A ])] {2}\r\n\r\n)\r\n":                               false,
	" (UID 5 BODY[HEADER.FIELDS (A)] NIL)\r\n":                                         false,
	" (UID 5 BODY[HEADER.FIELDS (A)] \"a\\\"b\")\r\n":                                  false,
	" (UID 5 BODY[HEADER.FIELDS (A)] {1}\r\na BODY[HEADER.FIELDS (A)] {1}\r\nb)\r\n":   false,
	" (UID 5 UID 6)\r\n":    false,
	" (UID 0)\r\n":          false,
	" (UID 4294967296)\r\n": false,
	" (uid 5)\r\n":          false,
	" (UID 5 RFC822.SIZE 9223372036854775808)\r\n":             false,
	" (UID 5 RFC822.SIZE -1)\r\n":                              false,
	" (UID 5 FLAGS NIL)\r\n":                                   false,
	" (UID 5 FLAGS (\"a\"))\r\n":                               false,
	" (UID 5 FLAGS ((a)))\r\n":                                 false,
	" (UID 5 FLAGS (a)) (UID 6)\r\n":                           false,
	" (UID 5 FLAGS (a) X)\r\n":                                 false,
	" (UID 5 INTERNALDATE \"yesterday\")\r\n":                  false,
	" (UID 5 INTERNALDATE \"31-Feb-2026 02:44:25 +0200\")\r\n": false,
	" (UID 5 INTERNALDATE \"02-Jul-2026 24:44:25 +0200\")\r\n": false,
	" (UID 5 INTERNALDATE \"02-jul-2026 02:44:25 +0200\")\r\n": false,
	" (UID 5 INTERNALDATE \"02-Jul-2026 02:44:25 GMT  \")\r\n": false,
	" (UID 5 BODYSTRUCTURE (\"text\" \"plain\"))\r\n":          false,
	" (UID 5 BODY[HEADER.FIELDS (A)] {9}\r\na)\r\n":            false,
	" (UID 5": false,
	" ()\r\n": false,
	"":        false,
}

func TestUsual(t *testing.T) {
	for octets, want := range rowSeeds {
		if got := sameRow(t, octets); got != want {
			t.Errorf("%q is read as usual: %t", octets, got)
		}
	}
}

// sameRow says whether a row is read as usual, and fails the test if it is read otherwise
// than in the way that all are.
func sameRow(t *testing.T, octets string) bool {
	raw := wire.Raw{Number: 1, Type: "FETCH", Octets: []byte(octets)}
	r := &reading{s: &Session{}, parts: message.Fields("from")}
	row, ok := raw.Row()
	if !ok {
		return false
	}
	got, ok := r.usual.read(row, r.parts.Fields)
	if !ok {
		return false
	}
	want, mail, err := r.readAny(raw)
	if err != nil {
		t.Fatalf("%q: %v", octets, err)
	}
	if int64(len(row.Header)) != mail {
		t.Errorf("%q: %d octets of mail, want %d", octets, len(row.Header), mail)
	}
	for _, when := range [][2]time.Time{{got.Received, want.Received}, {got.Saved, want.Saved}} {
		if !when[0].Equal(when[1]) || when[0].String() != when[1].String() {
			t.Errorf("%q: %v, want %v", octets, when[0], when[1])
		}
	}
	got.Received, want.Received, got.Saved, want.Saved = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	if !got.Flags.Equal(want.Flags) || fmt.Sprint(got.Flags) != fmt.Sprint(want.Flags) {
		t.Errorf("%q: flags %q, want %q", octets, got.Flags, want.Flags)
	}
	got.Flags, want.Flags = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\ngot  %+v\nwant %+v", octets, got, want)
	}
	return true
}

// FuzzUsual reads rows in both ways.
func FuzzUsual(f *testing.F) {
	for octets := range rowSeeds {
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, octets string) { sameRow(t, octets) })
}

// Dates are those of time.Parse, zone and all.
func TestDates(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	for _, local := range []*time.Location{time.UTC, time.FixedZone("here", 2*3600)} {
		time.Local = local
		var z zones
		for day := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2040; day = day.Add(1234567 * time.Second) {
			for _, offset := range []string{"+0000", "-0000", "+0200", "-0330", "+1400", "-1200"} {
				for _, layout := range []string{"02-Jan-2006 15:04:05 ", "_2-Jan-2006 15:04:05 "} {
					text := day.Format(layout) + offset
					want, err := time.Parse(internalDate, text)
					if err != nil {
						t.Fatal(err)
					}
					got, ok := z.date([]byte(text))
					if !ok || !got.Equal(want) || got.String() != want.String() {
						t.Fatalf("%q: %v %t, want %v", text, got, ok, want)
					}
				}
			}
		}
	}
}

// The same flags are one set in memory, however many messages have them.
func TestFlagSets(t *testing.T) {
	var u usual
	a, b := u.flagSet([]byte(`\Seen $Work`)), u.flagSet([]byte(`\Seen $Work`))
	if &a[0] != &b[0] || len(a) != 2 {
		t.Errorf("two sets of %q", a)
	}
	for i := range 3 * maxFlagSets {
		if set := u.flagSet(fmt.Appendf(nil, "a%d", i)); len(set) != 1 || len(u.flags) > maxFlagSets {
			t.Fatalf("%d sets are remembered; %q", len(u.flags), set)
		}
	}
}
