package message

import (
	"net/mail"
	"time"
)

// maxDate is far longer than any Date field that means something.
const maxDate = 1000

// Date returns the time of the Date field, in the zone that is written there;
// false: there is none that can be read.
func (h Header) Date() (time.Time, bool) {
	f := h.First("date")
	if f == nil || len(f.value) > maxDate {
		return time.Time{}, false
	}
	date, err := mail.ParseDate(f.Text().Plain)
	return date, err == nil
}
