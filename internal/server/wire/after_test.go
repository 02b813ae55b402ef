package wire

import (
	"slices"
	"testing"
)

// What comes before the commands ahead of it are answered is not the answer to a command
// that is marked so; who waits for those learns of their answers before.
func TestAfter(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		want   []string
		lost   bool
	}{
		"in order":       {"* 1 FETCH (UID 1)\r\n%1 OK [X] a\r\n* 1 FETCH (UID 2)\r\n%2 OK b\r\n* 1 FETCH (UID 3)\r\n%3 OK c\r\n", []string{"OK", " (UID 2)\r\n", " (UID 3)\r\n"}, false},
		"refused":        {"* 1 FETCH (UID 1)\r\n%1 NO a\r\n* 1 FETCH (UID 2)\r\n%2 BAD b\r\n%3 BAD c\r\n", []string{"NO", " (UID 2)\r\n"}, false},
		"out of order":   {"%2 OK b\r\n* 1 FETCH (UID 1)\r\n%1 OK a\r\n* 1 FETCH (UID 2 X {4}\r\nabcd)\r\n%3 OK c\r\n", []string{"OK", " (UID 2 X {4}\r\nabcd)\r\n"}, false},
		"lost":           {"* 1 FETCH (UID 1)\r\nclose", nil, true},
		"number too big": {"%1 OK a\r\n* 99999999999 FETCH (UID 1)\r\n%2 OK b\r\n%3 OK c\r\n", []string{"OK", " (UID 1)\r\n!"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			conn := gathering(t, 3, c.answer, Options{})
			var got []string
			fetch := Request{Line: "UID FETCH 1 FLAGS", Wanted: []string{"FETCH"}, After: true, Raw: func(r Raw) {
				text := string(r.Octets)
				if _, err := r.Response(); err != nil {
					text += "!"
				}
				if _, ok := r.Row(); ok && r.badly {
					text += "?"
				}
				got = append(got, text)
			}}
			answers := conn.Together(t.Context(), []Request{{Line: "EXAMINE a", Done: func(a Answer) {
				got = append(got, a.Reply.Status)
				if (a.Err != nil) != (a.Reply.Status != "OK") {
					t.Errorf("answered %q, and told %v", a.Reply.Status, a.Err)
				}
			}}, fetch, fetch})
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if lost := conn.Err() != nil; lost != c.lost || c.lost && answers[0].Err == nil {
				t.Errorf("lost: %v, %v", conn.Err(), answers[0].Err)
			}
		})
	}
}

// Octets that are kept stay as they were, whatever becomes of the buffer.
func TestRawIn(t *testing.T) {
	var buffer []byte
	var kept []Raw
	for _, text := range []string{"one", "", "three"} {
		var r Raw
		r, buffer = Raw{Octets: []byte(text)}.In(buffer)
		kept = append(kept, r)
	}
	_ = append(kept[0].Octets, "xxxx"...)
	for i, want := range []string{"one", "", "three"} {
		if got := string(kept[i].Octets); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
