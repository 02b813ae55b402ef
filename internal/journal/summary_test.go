package journal

import (
	"reflect"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestSummary(t *testing.T) {
	uids := func(n int) []imap.UID { return numbersTo(n) }
	done := func(verb Verb, to string, n int) Record {
		d := &Done{Verb: verb, Folder: "INBOX", UIDs: uids(n)}
		if to == "A" {
			d.To = "A"
		} else if to != "" {
			d.To = "B"
		}
		return Record{Done: d}
	}
	move := &Batch{Folder: "INBOX", Away: VerbMove, To: &Into{Name: "A"}, Copies: []Into{{Name: "B"}}}
	byCopy, trash, trashByCopy := *move, *move, *move
	byCopy.ByCopy, trash.Trash, trashByCopy.ByCopy, trashByCopy.Trash = true, true, true, true
	aside := Record{Folder: &Folder{Verb: VerbRemove, Name: "A", To: "A (removed)"}}
	unsubscribe := Record{Folder: &Folder{Verb: VerbUnsubscribe, Name: "A"}}
	remove, end := Record{Made: &Folder{Verb: VerbRemove, Name: "A"}}, Record{End: &End{Complete: true}}
	create, rename := &Folder{Verb: VerbCreate, Name: "A"}, &Folder{Verb: VerbRename, Name: "A", To: "B"}
	for name, c := range map[string]struct {
		records []Record
		want    Counts
		deeds   int
	}{
		"nothing":                        {nil, Counts{}, 0},
		"moved":                          {[]Record{{Batch: move}, done(VerbMove, "A", 3)}, Counts{Moved: 3}, 1},
		"copied and moved":               {[]Record{{Batch: move}, done(VerbCopy, "B", 3), done(VerbMove, "A", 2)}, Counts{Copied: 3, Moved: 2}, 1},
		"half moved":                     {[]Record{{Batch: &byCopy}, done(VerbCopy, "A", 3), done(VerbMark, "", 3)}, Counts{}, 1},
		"moved by copy":                  {[]Record{{Batch: &byCopy}, done(VerbCopy, "A", 3), done(VerbMark, "", 3), done(VerbExpunge, "", 2)}, Counts{Moved: 2}, 1},
		"a copy beside it":               {[]Record{{Batch: &byCopy}, done(VerbCopy, "B", 3)}, Counts{Copied: 3}, 1},
		"trashed":                        {[]Record{{Batch: &trash}, done(VerbMove, "A", 3)}, Counts{Trashed: 3}, 1},
		"trashed by copy":                {[]Record{{Batch: &trashByCopy}, done(VerbCopy, "A", 3), done(VerbExpunge, "", 3)}, Counts{Trashed: 3}, 1},
		"deleted":                        {[]Record{{Batch: &Batch{Away: VerbExpunge}}, done(VerbMark, "", 4), done(VerbExpunge, "", 4)}, Counts{Deleted: 4}, 1},
		"flagged":                        {[]Record{{Batch: &Batch{}}, done(VerbAdd, "", 4), done(VerbTake, "", 5)}, Counts{Flagged: 5}, 1},
		"flagged again":                  {[]Record{{Batch: &Batch{}}, done(VerbAdd, "", 4), {Settled: &Settled{}}, {Batch: &Batch{}}, done(VerbAdd, "", 4)}, Counts{Flagged: 8}, 2},
		"restored":                       {[]Record{{Batch: &Batch{}}, done(VerbAppend, "", 2)}, Counts{Restored: 2}, 1},
		"of no batch":                    {[]Record{done(VerbMove, "A", 3), {Settled: &Settled{}}}, Counts{}, 0},
		"folders":                        {[]Record{{Folder: create}, {Made: create}, {Folder: rename}, {Made: rename}}, Counts{Folders: 2}, 2},
		"a folder in doubt":              {[]Record{{Folder: create}}, Counts{}, 1},
		"removed":                        {[]Record{aside, aside, remove}, Counts{Folders: 1}, 1},
		"removed, and what goes with it": {[]Record{aside, aside, unsubscribe, remove}, Counts{Folders: 1}, 2},
		"seen to be done":                {[]Record{aside, aside, unsubscribe, remove, end}, Counts{Folders: 1}, 1},
		"another folder":                 {[]Record{{Folder: create}, {Made: rename}}, Counts{Folders: 1}, 2},
	} {
		first := run("a")
		j := &Journal{Records: append([]Record{{At: started, Run: &first}}, c.records...)}
		s, state := j.Summary(), CutShort
		if j.End() != nil {
			state = Complete
		}
		if s.Counts != c.want || len(s.Deeds) != c.deeds || s.State != state || s.Run != first || !s.Began.Equal(started) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for want, end := range map[State]End{Complete: {Complete: true}, Incomplete: {Error: "why"}} {
		first := run("a")
		j := &Journal{Records: []Record{{Run: &first}, {At: started, End: &end}}}
		if s := j.Summary(); s.State != want || s.Error != end.Error || !s.Last.Equal(started) {
			t.Errorf("%+v", s)
		}
	}
	if s := (&Journal{}).Summary(); !reflect.DeepEqual(s, Summary{State: CutShort}) {
		t.Errorf("%+v", s)
	}
}

func TestSettled(t *testing.T) {
	first := run("a")
	j := &Journal{Records: []Record{{Run: &first}, {Batch: &Batch{}}, {Settled: &Settled{}}, {Batch: &Batch{}}, {Settled: &Settled{Unknown: "one"}}, {Batch: &Batch{}}}}
	var got []Deed
	for _, d := range j.Summary().Deeds {
		got = append(got, Deed{Settled: d.Settled, Unknown: d.Unknown})
	}
	if want := []Deed{{Settled: true}, {Settled: true, Unknown: "one"}, {}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// A folder's step is told once, with the reason that stands where it was seen.
func TestSummaryMade(t *testing.T) {
	first := run("a")
	made := &Folder{Verb: VerbCreate, Name: "A", Because: []string{"folder.a"}}
	j := &Journal{Records: []Record{{Run: &first}, {Folder: &Folder{Verb: VerbCreate, Name: "A"}}, {Made: made}}}
	if got, want := j.Summary().Deeds, []Deed{{Folder: made, Settled: true, Counts: Counts{Folders: 1}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func numbersTo(n int) (all []imap.UID) {
	for uid := range n {
		all = append(all, imap.UID(uid+1))
	}
	return all
}
