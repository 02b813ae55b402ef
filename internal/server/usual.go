package server

import (
	"bytes"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// A usual reads the rows that come by the hundred thousand in the usual form, and
// remembers what is the same in many of them. The zero value is ready for use.
type usual struct {
	flags map[string]mailbox.Flags // by how they are written; sets are shared
	zones zones

	lends bool            // what is read holds until the next row is
	lent  message.Message // then
}

// maxFlagSets is how many different sets of flags are remembered.
const maxFlagSets = 4096

// read reads a row as readRow does. It is false for one that has to be read by that.
func (u *usual) read(row wire.Row, asked []string) (*message.Message, bool) {
	m := &u.lent
	if u.lends {
		m.Reset()
	} else {
		m = new(message.Message)
	}
	m.UID, m.Size = row.UID, row.Size
	m.Known.Flags, m.Known.Received, m.Known.Size, m.Known.Saved = row.HasFlags, row.HasReceived, row.HasSize, row.HasSaved
	ok := true
	if row.HasFlags {
		m.Flags = u.flagSet(row.Flags)
	}
	if row.HasReceived {
		m.Received, ok = u.zones.date(row.Received)
	}
	if row.Saved != nil && ok {
		m.Saved, ok = u.zones.date(row.Saved)
	}
	switch { // a header that is broken says so itself
	case !row.HasHeader:
		return m, ok
	case u.lends:
		_ = m.Header.Parse(row.Header)
	default:
		m.Header, _ = message.ParseHeader(row.Header)
	}
	m.Known.Fields = asked
	return m, ok
}

func (u *usual) flagSet(words []byte) mailbox.Flags {
	if set, ok := u.flags[string(words)]; ok {
		return set
	}
	var flags []imap.Flag
	for word := range bytes.SplitSeq(words, []byte{' '}) {
		if len(word) > 0 {
			flags = append(flags, readFlag(string(word)))
		}
	}
	set := mailbox.NewFlags(flags...)
	if u.flags == nil || len(u.flags) >= maxFlagSets {
		u.flags = map[string]mailbox.Flags{}
	}
	u.flags[string(words)] = set
	return set
}

// zones are the time zones that were met, by their distance from UTC in seconds. The
// zero value is ready for use.
type zones map[int]*time.Location

// date reads a date as time.Parse does by internalDate, without what that costs. It is
// false for what is not written with all its digits, and for a date that there is not.
func (z *zones) date(b []byte) (time.Time, bool) {
	// 02-Jan-2006 15:04:05 -0700
	if len(b) != len(internalDate) || b[2] != '-' || b[6] != '-' || b[11] != ' ' || b[14] != ':' || b[17] != ':' || b[20] != ' ' {
		return time.Time{}, false
	}
	month := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", string(b[3:6]))
	if month < 0 || month%3 != 0 {
		return time.Time{}, false
	}
	day, century, year := twoDigits(b[0:]), twoDigits(b[7:]), twoDigits(b[9:])
	if b[0] == ' ' {
		day = twoDigits([]byte{'0', b[1]})
	}
	hour, minute, second := twoDigits(b[12:]), twoDigits(b[15:]), twoDigits(b[18:])
	east, minutes := twoDigits(b[22:]), twoDigits(b[24:])
	if min(day, century, year, hour, minute, second, east, minutes) < 0 || hour > 23 || minute > 59 || second > 59 || east > 23 || minutes > 59 {
		return time.Time{}, false
	}
	offset := east*3600 + minutes*60
	switch b[21] {
	case '-':
		offset = -offset
	case '+':
	default:
		return time.Time{}, false
	}
	t := time.Date(century*100+year, time.Month(month/3+1), day, hour, minute, second, 0, time.UTC)
	if (day < 1 || day > 28) && t.Day() != day {
		return time.Time{}, false
	}
	return z.in(t.Add(-time.Duration(offset)*time.Second), offset), true
}

// in is the time as time.Parse tells it: in the local zone where that is as far from UTC
// then, else in one made up for it.
func (z *zones) in(t time.Time, offset int) time.Time {
	if _, local := t.In(time.Local).Zone(); local == offset {
		return t.In(time.Local)
	}
	zone := (*z)[offset]
	if zone == nil {
		if *z == nil {
			*z = zones{}
		}
		zone = time.FixedZone("", offset)
		(*z)[offset] = zone
	}
	return t.In(zone)
}

// twoDigits is negative where there are none.
func twoDigits(b []byte) int {
	if b[0] < '0' || b[0] > '9' || b[1] < '0' || b[1] > '9' {
		return -1
	}
	return int(b[0]-'0')*10 + int(b[1]-'0')
}
