package imaptest

import (
	"bytes"
	"testing"
)

func TestSpecimens(t *testing.T) {
	names, dates := map[string]bool{}, map[int64]bool{}
	odd := 0
	for _, s := range Specimens() {
		if names[s.Name] || dates[s.Message.Date.Unix()] {
			t.Errorf("%s: the name or the date is that of another", s.Name)
		}
		names[s.Name], dates[s.Message.Date.Unix()] = true, true
		if lines := bytes.Count(s.Message.Body, []byte("\n")); lines == 0 || lines != bytes.Count(s.Message.Body, []byte("\r\n")) {
			t.Errorf("%s: its lines do not end as on the wire", s.Name)
		}
		if s.Odd {
			odd++
		}
	}
	if odd == 0 || odd == len(names) {
		t.Errorf("%d of %d are odd", odd, len(names))
	}
}
