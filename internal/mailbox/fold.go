package mailbox

// Fold is the pattern without letter case: it covers, in a World that is folded
// too, the folded names of all folders that p covers, and of those that differ
// from them in case or normalisation only. It is for what must rather cover too
// much than too little.
func (p Pattern) Fold() Pattern {
	if len(p.levels) == 0 {
		return p
	}
	levels := make([]string, len(p.levels))
	for i, level := range p.levels {
		levels[i] = Name(level).Fold()
	}
	return Pattern{use: p.use, levels: below(p.use, levels).Levels()}
}

// Folded is the name without letter case, but for INBOX, which stays itself: the
// same for names whose Fold is.
func (n Name) Folded() Name { return FromLevels(Name(n.Fold()).Levels()) }

// Fold is the world with folded names.
func (w World) Fold() World {
	folded := World{ByUse: make(map[Use]Name, len(w.ByUse)), Hidden: make([]Name, len(w.Hidden)), InInbox: w.InInbox}
	for use, name := range w.ByUse {
		folded.ByUse[use] = name.Folded()
	}
	for i, name := range w.Hidden {
		folded.Hidden[i] = name.Folded()
	}
	return folded
}
