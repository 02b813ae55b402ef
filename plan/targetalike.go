package plan

// dropAlike leaves out messages that are alike to one that is left out where one of the
// two may stand in for a copy of the other: of messages that are alike one copy is made,
// and of a message that is deleted for good none where the other one comes to lie. They
// go together, or not at all.
func (n *narrowing) dropAlike() {
	gone := map[CopyKey]fate{}
	for i, step := range n.whole.Steps {
		if f, ok := step.Op.(File); ok && n.out[i] {
			for _, m := range f.Messages {
				gone[m.Identity.CopyKey()] = gone[m.Identity.CopyKey()].and(f)
			}
		}
	}
	for changed := len(gone) > 0; changed; {
		changed = false
		for i, left := range n.mails {
			if len(left) == 0 {
				continue
			}
			f := n.whole.Steps[i].Op.(File)
			var rest []Message
			for _, m := range left {
				key := m.Identity.CopyKey()
				if gone[key].standsInFor(f) {
					gone[key], changed = gone[key].and(f), true
				} else {
					rest = append(rest, m)
				}
			}
			n.mails[i] = rest
		}
	}
}

// A fate is what would have become of messages that are left out. The zero value: there
// are none, or nothing that matters to others.
type fate struct{ copied, moved bool }

func (f fate) and(op File) fate {
	return fate{f.copied || len(op.Copies) > 0, f.moved || op.Away == AwayMove}
}

// standsInFor says whether a message with that fate may be why the step makes no copy of
// one that is alike to it, or why a plan that is made once the step is done makes none.
func (f fate) standsInFor(op File) bool {
	return f.copied || f.moved && (op.Away == AwayPermanent || len(op.Copies) > 0)
}
