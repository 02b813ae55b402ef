package journal

// A Past is a run as far as it matters to whether it, or another, was undone.
type Past struct {
	ID       string
	Undoes   string // the ID of the run that it turns around; empty: none
	Complete bool   // it did all that its plan holds
	Nothing  bool   // it did nothing, and nothing of it is in doubt
}

// UndoneBy is the newest run that has turned a run around, and was not wholly undone since
// itself; empty: none. Wholly says that it did all of that, and nothing has undone any of it.
// The runs are those of the same mailbox since, the newest first.
func UndoneBy(id string, since []Past) (by string, wholly bool) {
	for i, p := range since {
		if id == "" || p.Undoes != id || p.Nothing {
			continue
		}
		again, all := UndoneBy(p.ID, since[:i])
		switch {
		case again != "" && all:
		case again == "" && p.Complete:
			return p.ID, true
		case by == "":
			by = p.ID
		}
	}
	return by, false
}

// Past is what it tells of the run.
func (j *Journal) Past() Past {
	p := Past{Nothing: true}
	if run := j.Run(); run != nil {
		p.ID, p.Undoes = run.ID, run.Undoes
	}
	end := j.End()
	p.Complete = end != nil && end.Complete
	for _, r := range j.Records {
		p.Nothing = p.Nothing && (r.Run != nil || r.End != nil)
	}
	return p
}
