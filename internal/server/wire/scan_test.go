package wire

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A bracket in a keyword opens nothing; one in the name of a data item does.
func TestBrackets(t *testing.T) {
	for text, want := range map[string]string{
		`(FLAGS (a[ \Seen) UID 2)`:                        `[{2  [{0 FLAGS []} {2  [{0 a[ []} {0 \Seen []}]} {0 UID []} {0 2 []}]}]`,
		`(FLAGS (BODY[ x]) UID 2)`:                        `[{2  [{0 FLAGS []} {2  [{0 BODY[ []} {0 x] []}]} {0 UID []} {0 2 []}]}]`,
		`(body[header.fields (a b)]<0> NIL UID 2)`:        `[{2  [{0 body[header.fields (a b)]<0> []} {0 NIL []} {0 UID []} {0 2 []}]}]`,
		`(BINARY.SIZE[1 2] 5 X[ 6)`:                       `[{2  [{0 BINARY.SIZE[1 2] []} {0 5 []} {0 X[ []} {0 6 []}]}]`,
		`(BODY[1] "a" BODY[2]<0> "b" BODY[MIME (a)] "c")`: `[{2  [{0 BODY[1] []} {1 a []} {0 BODY[2]<0> []} {1 b []} {0 BODY[MIME (a)] []} {1 c []}]}]`,
	} {
		s := scanner{b: []byte(" " + text + "\r\n")}
		r, err := parseResponse(&s, 1, "FETCH")
		if got := fmt.Sprint(r.Values); err != nil || got != want {
			t.Errorf("%s is\n%s, %v, want\n%s", text, got, err, want)
		}
	}
	client, _ := dial(t, ok("* 1 FETCH (UID 7 FLAGS (a[ \\Seen) X-LABELS (b[ c) BODY[] {2}\r\nhi)\r\n"), Options{})
	if got, err := fetch(client); err != nil || !strings.Contains(fmt.Sprint(got), "hi") {
		t.Errorf("the library gets %q, %v", got, err)
	}
}

// A megabyte of brackets that are never closed takes no time to speak of.
func TestManyBrackets(t *testing.T) {
	for _, text := range []string{"BODY[ ", "BODY[ ] ", "a[ ", "a[ ] "} {
		for _, form := range []string{"%s\r\n", "(%s)\r\n", "(FLAGS (%s))\r\n"} {
			line := []byte(fmt.Sprintf(form, strings.Repeat(text, 1<<20/len(text))))
			began := time.Now()
			s := scanner{b: line}
			parseResponse(&s, 1, "FETCH") //nolint:errcheck // how it ends does not matter
			s = scanner{b: line}
			for len(s.section()) > 0 || s.spaces() || s.accept('(') {
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("%s of %q takes %v", form, text, took)
			}
		}
	}
}
