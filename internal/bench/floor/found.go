package main

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A found is what the server's answers say about a job.
type found struct {
	job
	there      map[string]bool // folders, and whether they are subscribed to
	uids       [][]uint32      // of each rule
	rules      []needle
	lastYear   time.Time
	unreadable error
}

// A needle is what a rule looks for.
type needle struct {
	has []byte
	old bool
}

func newFound(j job) *found {
	f := &found{job: j, there: map[string]bool{}, uids: make([][]uint32, len(j.Rules)), lastYear: time.Now().AddDate(-1, 0, 0)}
	for _, r := range j.Rules {
		f.rules = append(f.rules, needle{[]byte(r.Has), r.Old})
	}
	return f
}

// take reads an untagged response.
func (f *found) take(response []byte) {
	if rest, ok := bytes.CutPrefix(response, []byte("* LIST (")); ok {
		f.takeFolder(string(rest))
		return
	}
	if at := bytes.Index(response[:min(len(response), 24)], []byte(" FETCH (")); at > 0 {
		f.takeMessage(response)
	}
}

// takeFolder reads a LIST response behind its first parenthesis. The names of a job
// stand in quotes, or are atoms, and need no escapes.
func (f *found) takeFolder(rest string) {
	attributes, rest, _ := strings.Cut(rest, `) "/" `)
	lower := strings.ToLower(attributes)
	if !strings.Contains(lower, `\noselect`) && !strings.Contains(lower, `\nonexistent`) {
		f.there[strings.Trim(rest, `"`)] = strings.Contains(lower, `\subscribed`)
	}
}

// takeMessage reads a FETCH response, and gives it to the first rule that wants it.
func (f *found) takeMessage(response []byte) {
	for i, r := range f.rules {
		if !bytes.Contains(response, r.has) {
			continue
		}
		if r.old && !(bytes.Contains(item(response, "FLAGS ("), []byte(`\Seen`)) && f.isOld(item(response, `INTERNALDATE "`))) {
			continue
		}
		uid, err := strconv.ParseUint(string(number(item(response, "UID "))), 10, 32)
		if err != nil {
			f.unreadable = fmt.Errorf("no UID in %.100q", response)
		}
		f.uids[i] = append(f.uids[i], uint32(uid))
		return
	}
}

// item is what stands behind a name, up to what ends an item's value at the latest.
func item(response []byte, name string) []byte {
	_, rest, _ := bytes.Cut(response, []byte(name))
	end := bytes.IndexAny(rest, `)"`)
	return rest[:max(0, end)]
}

// number is the number that octets begin with.
func number(octets []byte) []byte {
	end := 0
	for end < len(octets) && octets[end] >= '0' && octets[end] <= '9' {
		end++
	}
	return octets[:end]
}

// isOld reports whether a date-time is more than a year past.
func (f *found) isOld(date []byte) bool {
	at, err := time.Parse("_2-Jan-2006 15:04:05 -0700", string(date))
	if err != nil {
		f.unreadable = err
	}
	return at.Before(f.lastYear)
}

// changes are the commands that the job takes, and those that must wait for their
// answers, for messages from a UID on.
func (f *found) changes(from uint32) (changes, expunge []string, err error) {
	if _, there := f.there[f.Old]; there {
		changes = append(changes, "RENAME "+quote(f.Old)+" "+quote(f.New), "SUBSCRIBE "+quote(f.New), "UNSUBSCRIBE "+quote(f.Old))
	}
	for _, name := range f.Folders {
		subscribed, there := f.there[name]
		if !there {
			changes = append(changes, "CREATE "+quote(name))
		}
		if !subscribed {
			changes = append(changes, "SUBSCRIBE "+quote(name))
		}
	}
	moved := map[string][]uint32{} // one MOVE a folder: each costs as much as the folder is large
	var marked, removed []uint32
	for i, r := range f.Rules {
		uids := f.uids[i]
		if len(uids) > 0 && uids[0] < from { // "n:*" is the last message where there is none from n on
			uids = uids[1:]
		}
		switch r.Do {
		case "move":
			moved[r.To] = append(moved[r.To], uids...)
		case "mark":
			marked = append(marked, uids...)
		case "remove":
			removed = append(removed, uids...)
		}
	}
	for _, name := range f.Folders {
		changes = append(changes, each("UID MOVE %s "+quote(name), moved[name])...)
	}
	changes = append(changes, each(`UID STORE %s +FLAGS.SILENT (\Flagged $Alert)`, marked)...)
	changes = append(changes, each(`UID STORE %s +FLAGS.SILENT (\Deleted)`, removed)...)
	return changes, each("UID EXPUNGE %s", removed), f.unreadable
}

// longest is how many octets a set of UIDs may have; servers limit lines.
const longest = 8000

// each writes a command for sets that hold the UIDs.
func each(format string, uids []uint32) []string {
	slices.Sort(uids)
	var commands []string
	var set []byte
	for i := 0; i < len(uids); {
		last := i
		for last+1 < len(uids) && uids[last+1] == uids[last]+1 {
			last++
		}
		if len(set) > 0 {
			set = append(set, ',')
		}
		set = strconv.AppendUint(set, uint64(uids[i]), 10)
		if last > i {
			set = strconv.AppendUint(append(set, ':'), uint64(uids[last]), 10)
		}
		if i = last + 1; i == len(uids) || len(set) > longest {
			commands = append(commands, fmt.Sprintf(format, set))
			set = set[:0]
		}
	}
	return commands
}
