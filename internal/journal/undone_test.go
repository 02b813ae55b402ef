package journal

import "testing"

func TestUndoneBy(t *testing.T) {
	apply := func(id string) Past { return Past{ID: id, Complete: true} }
	undo := func(id, of string) Past { return Past{ID: id, Undoes: of, Complete: true} }
	part := func(id, of string) Past { return Past{ID: id, Undoes: of} }
	for _, test := range []struct {
		name   string
		since  []Past // the earliest first
		by     string
		wholly bool
	}{
		{name: "no run since"},
		{name: "runs that say nothing of themselves", since: []Past{{}, {Undoes: "b"}, {Complete: true}}},
		{name: "others, and undos of them", since: []Past{apply("b"), undo("c", "b")}},
		{name: "undone", since: []Past{apply("b"), undo("c", "a"), apply("d")}, by: "c", wholly: true},
		{name: "undone in part", since: []Past{part("c", "a")}, by: "c"},
		{name: "undone in part, by another again", since: []Past{part("b", "a"), part("c", "a")}, by: "c"},
		{name: "undone in part, and then wholly", since: []Past{part("b", "a"), undo("c", "a")}, by: "c", wholly: true},
		{name: "undone wholly, and once more", since: []Past{undo("b", "a"), part("c", "a")}, by: "b", wholly: true},
		{name: "an undo that did nothing", since: []Past{{ID: "b", Undoes: "a", Nothing: true}}},
		{name: "the undo was undone", since: []Past{undo("b", "a"), undo("c", "b")}},
		{name: "the undo was undone in part", since: []Past{undo("b", "a"), part("c", "b")}, by: "b"},
		{name: "nothing of the undo was undone", since: []Past{undo("b", "a"), {ID: "c", Undoes: "b", Nothing: true}}, by: "b", wholly: true},
		{name: "the undo was undone, and that as well", since: []Past{undo("b", "a"), undo("c", "b"), undo("d", "c")}, by: "b", wholly: true},
		{name: "the undo was undone, and then the run again", since: []Past{undo("b", "a"), undo("c", "b"), undo("d", "a")}, by: "d", wholly: true},
		{name: "a run that undoes itself", since: []Past{undo("b", "b"), undo("a", "a")}, by: "a", wholly: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var newest []Past
			for _, p := range test.since {
				newest = append([]Past{p}, newest...)
			}
			if by, wholly := UndoneBy("a", newest); by != test.by || wholly != test.wholly {
				t.Errorf("undone by %q, wholly %t; want %q, %t", by, wholly, test.by, test.wholly)
			}
		})
	}
}
