package message

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// maxDate is far longer than any Date field that means something.
const maxDate = 1000

// Date returns the time of the Date field, in the zone that is written there;
// false: there is none that can be read. The zone of the machine plays no part: of
// zones in letters only those of RFC 5322 section 4.3 mean something, and any other
// is taken for UTC, as it says.
func (h Header) Date() (time.Time, bool) {
	f := h.First("date")
	if f == nil || len(f.value) > maxDate {
		return time.Time{}, false
	}
	text := f.Text().Plain
	date, err := mail.ParseDate(text)
	if err != nil {
		return time.Time{}, false
	}
	_, offset := date.Zone()
	if name := letteredZone.FindStringSubmatch(text); name != nil {
		offset = obsoleteZones[strings.ToUpper(name[1])] * 3600
	}
	year, month, day := date.Date()
	hour, minute, second := date.Clock()
	return time.Date(year, month, day, hour, minute, second, 0, time.FixedZone("", offset)), true
}

// letteredZone finds a zone in letters at the end of a date, before any comment.
var letteredZone = regexp.MustCompile(`([A-Za-z]+)\s*(?:\([^()]*\)\s*)*$`)

// obsoleteZones are hours east of UTC (RFC 5322 section 4.3).
var obsoleteZones = map[string]int{
	"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}
