package journal

// ByBatch orders records so that those of each batch stand together, at the place where it
// was begun: batches whose commands were sent together are told in turns. The others stay
// in their order.
func ByBatch(records []Record) []Record {
	type group []Record
	groups := make([]group, 0, len(records))
	begun := map[int]int{} // where the group of a batch is, by its number
	for _, r := range records {
		at, open := begun[r.batch()]
		switch {
		case open && r.Batch == nil:
			groups[at] = append(groups[at], r)
		default:
			groups = append(groups, group{r})
		}
		switch {
		case r.Batch != nil && r.Batch.Number > 0:
			begun[r.Batch.Number] = len(groups) - 1
		case r.Settled != nil:
			delete(begun, r.Settled.Batch)
		}
	}
	ordered := make([]Record, 0, len(records))
	for _, g := range groups {
		ordered = append(ordered, g...)
	}
	return ordered
}

// batch is the number of the batch that the record belongs to; 0: it says none.
func (r *Record) batch() int {
	switch {
	case r.Batch != nil:
		return r.Batch.Number
	case r.Command != nil:
		return r.Command.Batch
	case r.Done != nil:
		return r.Done.Batch
	}
	return r.Settled.number()
}

// number is the number of the batch that is settled; of nil it is 0.
func (s *Settled) number() int {
	if s == nil {
		return 0
	}
	return s.Batch
}
