package cache

import (
	"encoding/binary"
	"fmt"
	"time"
)

// What date-time can say (RFC 9051 section 9), with a day of slack for zones.
const (
	leastUnix = -62167219200 - 86400 // in the year 0
	mostUnix  = 253402300799 + 86400 // in the year 9999
	mostZone  = 25 * 3600
)

// appendTime writes a time as far as it is from that of the row before.
func appendTime(b []byte, t time.Time, before *int64) ([]byte, error) {
	unix := t.Unix()
	_, zone := t.Zone()
	if !tellable(unix, int64(zone)) || t.Nanosecond() != 0 {
		return b, fmt.Errorf("%s is no date-time", t)
	}
	b = binary.AppendVarint(b, unix-*before)
	*before = unix
	return binary.AppendVarint(b, int64(zone)), nil
}

func readTime(in *cursor, before *int64) stamp {
	s := stamp{unix: *before + in.varint(), zone: in.varint(), set: true}
	in.must(tellable(s.unix, s.zone))
	*before = s.unix
	return s
}

func tellable(unix, zone int64) bool {
	return leastUnix <= unix && unix <= mostUnix && -mostZone <= zone && zone <= mostZone
}

// zones are locations by their offset: mail of one mailbox has few.
type zones map[int64]*time.Location

const maxZones = 128

// time is the time in the zone in which it was told. As with time.Parse, that is the
// local one where it has the same offset then.
func (z zones) time(s stamp) time.Time {
	t := time.Unix(s.unix, 0)
	if _, local := t.Zone(); int64(local) == s.zone {
		return t
	}
	location := z[s.zone]
	if location == nil {
		location = time.FixedZone("", int(s.zone))
		if len(z) < maxZones {
			z[s.zone] = location
		}
	}
	return t.In(location)
}
