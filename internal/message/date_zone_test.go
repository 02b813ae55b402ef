package message

import (
	"testing"
	"time"
)

// The same field means the same time on every machine.
func TestDateZone(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	for _, here := range []*time.Location{time.UTC, time.FixedZone("EST", -5*3600), time.FixedZone("CET", 3600)} {
		time.Local = here
		for text, want := range map[string]string{
			"Mon, 2 Jan 2006 15:04:05 EST":         "2006-01-02T15:04:05-05:00",
			"Mon, 2 Jan 2006 15:04:05 pst":         "",
			"Mon, 2 Jan 2006 15:04:05 PST (hello)": "2006-01-02T15:04:05-08:00",
			"Mon, 2 Jan 2006 15:04:05 CET":         "2006-01-02T15:04:05Z",
			"Mon, 2 Jan 2006 15:04:05 GMT":         "2006-01-02T15:04:05Z",
			"Mon, 2 Jan 2006 15:04:05 +0100":       "2006-01-02T15:04:05+01:00",
			"Mon, 2 Jan 2006 15:04:05 -0500 (EST)": "2006-01-02T15:04:05-05:00",
		} {
			h, err := ParseHeader([]byte("Date: " + text + "\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if date, ok := h.Date(); ok {
				got = date.Format(time.RFC3339)
			}
			if got != want {
				t.Errorf("in %s, %q: got %q, want %q", here, text, got, want)
			}
		}
	}
}
