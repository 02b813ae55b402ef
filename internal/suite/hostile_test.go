package suite

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A hostility is what a server says instead of a line.
type hostility struct {
	name   string
	lines  *regexp.Regexp // which lines it is about
	says   func(line string) string
	always bool // each of them, not just one
}

var (
	anyLine  = regexp.MustCompile(`^(\*|[A-Za-z]*[0-9]+ (OK|NO)) `)
	tagged   = regexp.MustCompile(`^[A-Za-z]*[0-9]+ OK`)
	copied   = regexp.MustCompile(`\[COPYUID \d+ [\d:,]+ [\d:,]+\]`)
	fetched  = regexp.MustCompile(`^\* \d+ FETCH `)
	literal  = regexp.MustCompile(`^\* \d+ FETCH .*\{\d+\}$`)
	selected = regexp.MustCompile(`\[UIDVALIDITY \d+\]`)
	next     = regexp.MustCompile(`\[UIDNEXT \d+\]`)
	list     = regexp.MustCompile(`^\* LIST `)
	size     = regexp.MustCompile(`\{\d+\}$`)
)

// before says something else first.
func before(text string) func(string) string {
	return func(line string) string { return text + "\r\n" + line }
}

// instead says something else, in which TAG stands for the line's tag.
func instead(text string) func(string) string {
	return func(line string) string {
		tag, _, _ := strings.Cut(line, " ")
		return strings.ReplaceAll(text, "TAG", tag)
	}
}

// of replaces a part of the line.
func of(part *regexp.Regexp, text string) func(string) string {
	return func(line string) string { return part.ReplaceAllLiteralString(line, text) }
}

// hostilities are what servers have been seen to do, and worse.
var hostilities = []hostility{
	{name: "NO", lines: tagged, says: instead("TAG NO no")},
	{name: "NO by a fault", lines: tagged, says: instead("TAG NO [SERVERBUG] no")},
	{name: "BAD", lines: tagged, says: instead("TAG BAD what?")},
	{name: "BYE", lines: tagged, says: instead("* BYE go away")},
	{name: "a wrong tag", lines: tagged, says: instead("zz99 OK done")},
	{name: "an empty tag", lines: tagged, says: instead(" OK done")},
	{name: "OK twice", lines: tagged, says: func(line string) string { return line + "\r\n" + line }},
	{name: "nothing", lines: tagged, says: func(string) string { return "" }},
	{name: "NUL", lines: anyLine, says: before("* OK \x00\x00"), always: true},
	{name: "8 bits", lines: anyLine, says: before("* OK \xff\xfe\x80 gr\xfc\xdf dich"), always: true},
	{name: "unknown", lines: anyLine, says: before(`* XYZZY (1 "2" NIL) [3]`), always: true},
	{name: "unknown literal", lines: anyLine, says: before("* XYZZY {4}\r\n)) ("), always: true},
	{name: "no IMAP", lines: anyLine, says: before("HTTP/1.1 400 Bad Request")},
	{name: "a line without end", lines: anyLine, says: before("* OK " + strings.Repeat("a", 4<<20))},
	{name: "many lines", lines: tagged, says: before(strings.Repeat("* XYZZY 1\r\n", 100_000) + "* XYZZY 2")},
	{name: "too deep", lines: anyLine, says: before("* XYZZY " + strings.Repeat("(", 100_000))},
	{name: "no COPYUID", lines: copied, says: of(copied, "[ALERT]"), always: true},
	{name: "COPYUID of others", lines: copied, says: of(copied, "[COPYUID 7 900:902 900:902]"), always: true},
	{name: "endless COPYUID", lines: copied, says: of(copied, "[COPYUID 7 1:4294967295 1:4294967295]"), always: true},
	{name: "COPYUID of nothing", lines: copied, says: of(copied, "[COPYUID 7]"), always: true},
	{name: "COPYUID of nonsense", lines: copied, says: of(copied, "[COPYUID x * 0]"), always: true},
	{name: "another UIDVALIDITY", lines: selected, says: of(selected, "[UIDVALIDITY 77]"), always: true},
	{name: "UIDVALIDITY 0", lines: selected, says: of(selected, "[UIDVALIDITY 0]"), always: true},
	{name: "UIDNEXT 1", lines: next, says: of(next, "[UIDNEXT 1]"), always: true},
	{name: "UID after the literal", lines: literal, says: uidLast, always: true},
	{name: "a giant literal", lines: literal, says: of(size, "{4294967295}")},
	{name: "a literal beyond numbers", lines: literal, says: of(size, "{99999999999999999999}")},
	{name: "a literal too short", lines: literal, says: of(size, "{1}")},
	{name: "an unknown item", lines: fetched, says: func(line string) string { return strings.Replace(line, "FETCH (", "FETCH (XYZZY (1 2) ", 1) }, always: true},
	{name: "messages of others", lines: fetched, says: before(`* 1 FETCH (UID 4000000000 FLAGS (\Deleted))`), always: true},
	{name: "UID 0", lines: fetched, says: before(`* 1 FETCH (UID 0 FLAGS ())`), always: true},
	{name: "messages twice", lines: fetched, says: before(`* 1 FETCH (UID 2 FLAGS (\Seen \Deleted))`), always: true}, // not of one of the twins: see finishMove
	{name: "message 0", lines: fetched, says: before("* 0 FETCH (FLAGS ())")},
	{name: "expunged", lines: tagged, says: before("* 1 EXPUNGE")},
	{name: "vanished", lines: tagged, says: before("* VANISHED 1:4294967295")},
	{name: "a name that does not decode", lines: list, says: before(`* LIST () "/" "&AAA-&!"`), always: true},
	{name: "a name of 8 bits", lines: list, says: before("* LIST () \"/\" {4}\r\n\xff\xfe\x80/"), always: true},
	{name: "a name with NUL", lines: list, says: before("* LIST () \"/\" \"a\x00b\""), always: true},
	{name: "no name", lines: list, says: before(`* LIST () "/" ""`), always: true},
}

// uidLast puts a message's UID behind its flags; where that is a literal's line, the
// library's readers must wait for it.
func uidLast(line string) string {
	uid := regexp.MustCompile(`UID \d+ `).FindString(line)
	if uid == "" || !strings.Contains(line, "BODY[") {
		return line
	}
	return strings.Replace(strings.Replace(line, uid, "", 1), "BODY[", uid+"BODY[", 1)
}

// rewrite says it at the nth line that it is about, once it is armed.
func (h hostility) rewrite(armed *atomic.Bool, nth int64) func(string) string {
	var seen atomic.Int64
	return func(line string) string {
		if !armed.Load() || !h.lines.MatchString(line) {
			return line
		}
		if n := seen.Add(1); n < nth || n > nth && !h.always {
			return line
		}
		return h.says(line)
	}
}

// tooMuch is more memory than the words of a server may cost, in octets.
const tooMuch = 1 << 30

// Whatever a server says: the run ends, in time and with bounded memory, and loses and
// touches nothing that it may not; when the server speaks IMAP again the next one does
// what is left.
func TestHostileServers(t *testing.T) {
	for which, f := range faulties()[1:3] { // of a Maildir, nobody is in between; the others speak no different IMAP
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.workers *= 2 // most of it is waiting
			var chosen []attempt
			for i, h := range hostilities {
				for n := 1; n <= 60; n++ {
					if !allFaults() && (i%2 != which || n != 1+i*13%40) || h.always && n > 1 && allFaults() {
						continue
					}
					nth := int64(n)
					if h.always {
						nth = 1
					}
					chosen = append(chosen, attempt{fmt.Sprintf("%s/%d", h.name, nth), func(t *testing.T) { f.withstand(t, h, nth) }})
				}
			}
			f.each(t, chosen)
			t.Logf("%d trials, %d messages counted", f.tally.trials.Load(), f.tally.messages.Load())
		})
	}
}

// withstand applies while the server says something.
func (f *faulty) withstand(t *testing.T, h hostility, nth int64) {
	var armed atomic.Bool
	l := newLasting(t, f.start, imaptest.Script{Rewrite: h.rewrite(&armed, nth)}, impatient)
	l.waits = shortly
	l.planned = func() { armed.Store(true) }
	l.mend = func() { armed.Store(false) }
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	had, began := stats.HeapSys, time.Now()
	made, r, err := l.persist(t.Context())
	if took := time.Since(began); took > hopeless {
		t.Errorf("the run has lasted %v", took)
	}
	if runtime.ReadMemStats(&stats); stats.HeapSys > had+tooMuch {
		t.Errorf("it took %d octets of memory", stats.HeapSys-had)
	}
	l.judge()
	l.honest(r)
	if err != nil || !r.Complete() {
		t.Logf("%v %s", err, describe(made, r))
	}
	l.taught = nil
	if _, unsure := l.resume(); unsure != nil {
		t.Logf("resumed: %v", unsure)
	}
	got := l.finish()
	for hash, n := range got.hashes() {
		f.tally.messages.Add(int64(n))
		if most := outcome().hashes()[hash]; n > most {
			t.Errorf("message %s is there %d times, want %d", hash, n, most)
		}
	}
}
