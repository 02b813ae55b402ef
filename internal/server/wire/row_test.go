package wire

import "testing"

// A row of another form than the usual one is none, so that Response reads it.
func TestRow(t *testing.T) {
	const header = "BODY[HEADER.FIELDS (FROM)]"
	for octets, want := range map[string]bool{
		" (UID 7 FLAGS (\\Seen $A) " + header + " {9}\r\nFrom: a\r\n)\r\n": true,
		" (UID 7 " + header + " \"From: a\")\r\n":                          true,
		" (UID 7 RFC822.SIZE 5 MODSEQ (9) SAVEDATE NIL)\r\n":               true,
		" (UID 7 " + header + "<0> \"From: a\")\r\n":                       false,
		" (UID 7 " + header + "\"From: a\")\r\n":                           false,
		" (UID 7 BODY[HEADER.FIELDS (FROM\n)] \"From: a\")\r\n":            false,
		" (UID 7 BODY[HEADER.FIELDS (FROM \"From: a\")\r\n":                false,
		" (UID 7 INTERNALDATE \"1-Feb-2026 \\\" 10:00:00 +0100\")\r\n":     false,
		" (UID 7 INTERNALDATE \"1-Feb-2026\r\n\")\r\n":                     false,
		" (UID 7 INTERNALDATE \"1-Feb-2026":                                false,
		" (UID\t7)\r\n":                                                    false,
		" ( UID 7)\r\n":                                                    false,
		" (UID":                                                            false,
		" (":                                                               false,
	} {
		row, ok := Raw{Type: "FETCH", Octets: []byte(octets)}.Row()
		if ok != want || ok && row.UID != 7 {
			t.Errorf("%q: %+v, %t", octets, row, ok)
		}
	}
}
