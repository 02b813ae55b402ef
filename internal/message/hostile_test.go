package message

import (
	"strings"
	"testing"
	"time"
)

// A hostile header must cost about what a harmless one does: the bound is far
// above linear time on a slow machine, and far below quadratic time on a fast one.
func TestHostileTime(t *testing.T) {
	patterns := []string{
		"a", "\r", "\n ", "\r\n ", "=?", "=?=?", "=?a?q?", "=?utf-8?q?a", "=?utf-8?b?!?=", "=?utf-8?q?a?= ", "=?x?q?a?=", "?=",
		"<", "<,", "<@,", ",@", ",,@<", "(", "()", "(\\", "\"", "\"\\", "\"a\" ", "@", ":", "a@b:", "a@b ", "a . ", " ", "<a@b>", "<a@b> ", "<:", ";",
		"\u0301", "\u00fc", "\xff", "a\u0345", "xn--",
	}
	for _, before := range []string{"", "\"\"\"\"@", "ada@", "=?utf-8?q?", "<ada@"} {
		for _, pattern := range patterns {
			block := "A: " + before + strings.Repeat(pattern, (1<<17)/len(pattern)) + "@:::"
			start := time.Now()
			h, err := ParseHeader([]byte(block))
			if err != nil {
				t.Fatal(err)
			}
			for f := range h.Fields("a") {
				f.Text()
				f.Raw()
				f.ListID()
				f.Addresses()
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%q and many %q took %v", before, pattern, took)
			}
		}
	}
}
