package journal

import (
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// Counts are messages by what was seen to be done to them, and folders that were made,
// renamed, subscribed to and so on.
type Counts struct {
	Copied, Moved, Trashed, Deleted int
	Restored                        int // appended from a backup
	Flagged                         int
	Folders                         int
}

func (c Counts) plus(o Counts) Counts {
	return Counts{
		Copied: c.Copied + o.Copied, Moved: c.Moved + o.Moved, Trashed: c.Trashed + o.Trashed, Deleted: c.Deleted + o.Deleted,
		Flagged: c.Flagged + o.Flagged, Restored: c.Restored + o.Restored, Folders: c.Folders + o.Folders,
	}
}

// A Summary is a journal in numbers.
type Summary struct {
	Run    Run
	Began  time.Time // when its first record was written
	Last   time.Time // when its last one was
	State  State
	Error  string // why the run ended, if it says so
	Counts Counts
	Deeds  []Deed // in the order in which they were begun
}

// State says how far a run has come.
type State string

// The states of runs.
const (
	Complete   State = "complete"
	Incomplete State = "incomplete" // it ended, and not all of its plan was done
	CutShort   State = "cut short"  // it has no end
)

// A Deed is a command about a folder, or a batch.
type Deed struct {
	Folder *Folder // nil: Batch is not
	Batch  *Batch
	// Settled says that nothing of it is in doubt, or that all was said of what is.
	Settled bool
	Unknown string // what could not be found out about it
	Counts  Counts // what was seen to be done
}

// Summary sums the journal up. A move by COPY and UID EXPUNGE is done once the message
// has left its folder.
func (j *Journal) Summary() Summary {
	s := Summary{State: CutShort, Began: j.Began()}
	if run := j.Run(); run != nil {
		s.Run = *run
	}
	if end := j.End(); end != nil {
		s.Error, s.State = end.Error, Incomplete
		if end.Complete {
			s.State = Complete
		}
	}
	var b batchCount
	if n := len(j.Records); n > 0 {
		s.Last = j.Records[n-1].At
	}
	for _, r := range ByBatch(j.Records) {
		switch {
		case r.Folder != nil:
			s.Deeds = append(s.Deeds, Deed{Folder: r.Folder})
		case r.Made != nil:
			s.made(r.Made)
		case r.Batch != nil:
			b = batchCount{batch: r.Batch, flagged: map[place]bool{}}
			s.Deeds = append(s.Deeds, Deed{Batch: r.Batch})
		case r.Done != nil:
			s.done(b.count(r.Done))
		case r.Settled != nil:
			s.settled(r.Settled)
		}
	}
	if s.State == Complete {
		// All steps were seen to be done: what is left are parts of those about folders,
		// such as the subscriptions that go with a rename, and are noted with them.
		s.Deeds = slices.DeleteFunc(s.Deeds, func(d Deed) bool { return d.Folder != nil && !d.Settled })
	}
	for _, d := range s.Deeds {
		s.Counts = s.Counts.plus(d.Counts)
	}
	return s
}

// made counts a folder that was seen as it is to be, on the first command for it; others
// are of the same step.
func (s *Summary) made(f *Folder) {
	// What was seen tells more than the command: why, and what there was before.
	seen := Deed{Folder: f, Settled: true, Counts: Counts{Folders: 1}}
	of := func(d Deed) bool {
		return d.Folder != nil && !d.Settled && d.Folder.Verb == f.Verb && d.Folder.Name == f.Name &&
			(d.Folder.To == f.To || f.Verb == VerbRemove) // by way of another name
	}
	i := slices.IndexFunc(s.Deeds, of)
	if i < 0 {
		s.Deeds = append(s.Deeds, seen)
		return
	}
	s.Deeds[i] = seen
	s.Deeds = slices.DeleteFunc(s.Deeds, of)
}

// last is the batch that the run is at.
func (s *Summary) last() *Deed {
	for i, d := range slices.Backward(s.Deeds) {
		if d.Batch != nil {
			return &s.Deeds[i]
		}
	}
	return nil
}

func (s *Summary) done(c Counts) {
	if d := s.last(); d != nil {
		d.Counts = d.Counts.plus(c)
	}
}

func (s *Summary) settled(r *Settled) {
	if d := s.last(); d != nil {
		d.Settled, d.Unknown = true, r.Unknown
	}
}

// A batchCount counts what is done within a batch.
type batchCount struct {
	batch   *Batch
	flagged map[place]bool
}

// place is a message.
type place struct {
	folder mailbox.Name
	uid    imap.UID
}

func (b *batchCount) count(d *Done) Counts {
	n := len(d.UIDs)
	if b.batch == nil {
		return Counts{} // of no batch: nothing that any version writes
	}
	switch d.Verb {
	case VerbMove:
		return b.away(n)
	case VerbExpunge:
		if b.batch.ByCopy && b.batch.Away == VerbMove {
			return b.away(n)
		}
		return Counts{Deleted: n}
	case VerbCopy:
		if b.batch.ByCopy && b.batch.To != nil && d.To == b.batch.To.Name {
			return Counts{} // it is half of a move
		}
		return Counts{Copied: n}
	case VerbAppend:
		return Counts{Restored: n}
	case VerbAdd, VerbTake:
		before := len(b.flagged)
		for _, uid := range d.UIDs {
			b.flagged[place{d.Folder, uid}] = true
		}
		return Counts{Flagged: len(b.flagged) - before}
	}
	return Counts{} // \Deleted is for UID EXPUNGE
}

func (b *batchCount) away(n int) Counts {
	if b.batch.Trash {
		return Counts{Trashed: n}
	}
	return Counts{Moved: n}
}
