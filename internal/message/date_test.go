package message

import (
	"strings"
	"testing"
	"time"
)

func TestHeaderDate(t *testing.T) {
	for _, value := range []string{"", "yesterday", "2024-04-30", "Tue, 31 Feb 2024 23:30:00 +0000", "Tue, 30 Apr 2024", strings.Repeat("(", 5000), "\xff\x00"} {
		if got, ok := parse(t, "Date: "+value+"\r\n\r\n").Date(); ok {
			t.Errorf("%.40q is read as %v", value, got)
		}
	}
	if got, ok := (Header{}).Date(); ok {
		t.Errorf("without a field: %v", got)
	}
	want := time.Date(2024, 4, 30, 23, 30, 0, 0, time.FixedZone("", -5*60*60))
	for _, value := range []string{"Tue, 30 Apr 2024 23:30:00 -0500", "30 Apr 2024 23:30 -0500 (EST)", "Tue,\r\n 30 Apr 2024\r\n\t23:30:00 -0500"} {
		got, ok := parse(t, "Date: "+value+"\r\n\r\n").Date()
		_, offset := got.Zone()
		if !ok || !got.Equal(want) || offset != -5*60*60 {
			t.Errorf("%q is read as %v, %v; want %v", value, got, ok, want)
		}
	}
}
