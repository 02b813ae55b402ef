package message

import (
	"reflect"
	"strings"
	"testing"
)

func TestOctetsNone(t *testing.T) {
	first, _ := ParseHeader([]byte("From: a@example.org"))
	second, _ := ParseHeader([]byte("To: b@example.org\r\n"))
	both := first.Join(second, []string{"to"})
	if octets, ok := both.AppendOctets(nil); ok {
		t.Errorf("two fields of one line are %q", octets)
	}
	if octets, ok := first.AppendOctets(nil); !ok || string(octets) != "From: a@example.org" {
		t.Errorf("a last field without line end is %q, %t", octets, ok)
	}
}

func TestOctetsBroken(t *testing.T) {
	h, _ := ParseHeader([]byte(strings.Repeat("X: y\r\n", maxFields+1)))
	octets, ok := h.AppendOctets(nil)
	if !ok || !h.Broken() {
		t.Fatalf("%t, broken %t", ok, h.Broken())
	}
	var again Header
	if err := again.Restore(octets, h.Broken()); err != nil || !again.Broken() {
		t.Errorf("it is whole now: %v", err)
	}
	if err := again.Restore(octets, false); err != nil || again.Broken() {
		t.Errorf("it is broken: %v", err)
	}
}

// What is read from the octets of a header is that header.
func FuzzOctets(f *testing.F) {
	for _, block := range []string{
		"",
		"\r\n",
		"From: a@example.org\r\nSubject: x\r\n folded\r\n\r\n",
		"from : a\r\nno field\r\n nor this\r\nTo: b\n\nBody: c\r\n",
		"A: b\r C\r\nD:\r\n \r\n\t\r\nE: f",
		" Indented: x\r\nÄ: y\r\n: z\r\nX:",
		"A:\r\r\n\r: x\r\nB: \x00\xff\r\n",
	} {
		f.Add([]byte(block))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		h, err := ParseHeader(block)
		if err != nil {
			return
		}
		octets, ok := h.AppendOctets([]byte("before"))
		if !ok {
			t.Fatalf("%q has no octets", block)
		}
		var again Header
		if err := again.Parse([]byte("X: of another\r\nY: message\r\n")); err != nil {
			t.Fatal(err)
		}
		if err := again.Restore(octets[len("before"):], h.Broken()); err != nil || !reflect.DeepEqual(again.Clone(), h) {
			t.Fatalf("%q was %+v and is %+v, %v", block, h, again, err)
		}
	})
}
