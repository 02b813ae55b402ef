package check

import (
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/imapform/imapform/internal/mailbox"
)

// checkSpelling finds folders that one rule alone names, and that look like a slip
// in the name of one that is declared. Mailboxes hold families of names that hardly
// differ, and folders need not be declared: so only what hardly anybody does on
// purpose is taken for one.
func checkSpelling(v *view, r *report) {
	s := newSpeller(v)
	for _, w := range s.written {
		name, meant := s.slip(w)
		about := w.block.String() + " " + string(w.name)
		r.judge(key{kind: misspelt, about: about}, meant != nil, func() *hcl.Diagnostic {
			return warning(w.at, "Folder name may be misspelt",
				"%s names %q, and %s declares %q: did you mean %q? If both folders are meant, declare the other one with a folder block, too.",
				w.by, w.name, meant.by, meant.name, w.name.Rebase(name, meant.name))
		})
	}
}

// A writing is a folder's name that somebody wrote where none is declared.
type writing struct {
	by    string
	block hcl.Range
	name  mailbox.Name
	at    hcl.Range
}

// A declared folder, or one above it.
type declared struct {
	name mailbox.Name
	by   string
}

// A speller knows the names that are declared, and who writes which.
type speller struct {
	written  []writing
	names    map[mailbox.Name]bool
	byFold   map[string]declared
	bySketch map[mailbox.Name][]declared // the last level as sketch makes it
	usual    []declared                  // folders with a use, or a name that suggests one
	writers  map[mailbox.Name]hcl.Range  // the block that writes a name or one below it …
	shared   map[mailbox.Name]bool       // … of which there are several
}

func newSpeller(v *view) *speller {
	s := &speller{
		names: map[mailbox.Name]bool{mailbox.Inbox: true}, byFold: map[string]declared{}, bySketch: map[mailbox.Name][]declared{},
		writers: map[mailbox.Name]hcl.Range{}, shared: map[mailbox.Name]bool{},
	}
	for _, f := range v.account.Folders {
		s.declare(f.Name, f.Address, f.Use != "" || mailbox.WellKnown(f.Name) != "")
	}
	for _, m := range v.account.Moved {
		s.declare(m.To, "a moved block", false)
	}
	for _, x := range v.rules {
		s.read(x)
	}
	for _, m := range v.account.Removed {
		s.write(writing{"A removed block", m.Declared, m.MoveTo.Name, m.MoveToRange}, m.MoveTo.Use != "", false)
	}
	return s
}

func (s *speller) declare(name mailbox.Name, by string, usual bool) {
	if usual {
		s.usual = append(s.usual, declared{name, by})
	}
	for ok := true; ok && !s.names[name]; name, ok = name.Parent() {
		s.names[name] = true
		key := sketch(name)
		s.bySketch[key] = append(s.bySketch[key], declared{name, by})
		s.byFold[name.Fold()] = declared{name, by}
	}
}

// read takes the names that a rule writes. The instances of a block write families
// of names.
func (s *speller) read(x *rule) {
	write := func(ref mailbox.Ref, at hcl.Range) {
		s.write(writing{x.Address, x.Declared, ref.Name, at}, ref.Use != "", strings.HasSuffix(x.Address, "]"))
	}
	for _, p := range slices.Concat(x.In, x.NotIn) {
		if ref, literal := p.Ref(); literal {
			write(ref, x.InRange)
		}
	}
	write(x.MoveTo, x.ActionRange)
	for _, ref := range x.CopyTo {
		write(ref, x.ActionRange)
	}
}

func (s *speller) write(w writing, special, family bool) {
	if special || w.name == "" {
		return
	}
	if !family {
		s.written = append(s.written, w)
	}
	for name, ok := w.name, true; ok; name, ok = name.Parent() {
		if by, known := s.writers[name]; known && by != w.block {
			s.shared[name] = true
		}
		s.writers[name] = w.block
	}
}

// slip returns the outermost part of a name that is not declared, and the declared
// folder that it looks like; nil: there is none, or several.
func (s *speller) slip(w writing) (mailbox.Name, *declared) {
	name := w.name
	if d, ok := s.byFold[name.Fold()]; ok && d.name != name && !s.shared[name] {
		return name, &d
	}
	for parent, ok := name.Parent(); ok && !s.names[parent]; parent, ok = parent.Parent() {
		name = parent
	}
	if s.names[name] || s.shared[name] || mailbox.WellKnown(name) != "" {
		return name, nil
	}
	var meant []declared
	for _, d := range s.bySketch[sketch(name)] {
		if lookAlike(name, d.name) {
			meant = append(meant, d)
		}
	}
	for _, d := range s.usual {
		if nearly(name, d.name) && !slices.ContainsFunc(meant, func(m declared) bool { return m.name == d.name }) {
			meant = append(meant, d)
		}
	}
	if len(meant) != 1 {
		return name, nil
	}
	return name, &meant[0]
}

// sketch is a name whose last level is the same for levels of the same letters,
// whatever their case, accents and order.
func sketch(name mailbox.Name) mailbox.Name {
	letters := []rune(bare(last(name)))
	slices.Sort(letters)
	parent, _ := name.Parent()
	return parent + "/" + mailbox.Name(letters)
}

// bare is a text without letter case and accents.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(string(mailbox.Name(s).Fold())))
}

func last(name mailbox.Name) string {
	levels := name.Levels()
	return levels[len(levels)-1]
}

// longEnough is how many letters a level has in which a slip is likelier than
// another word.
const longEnough = 6

// lookAlike says of names with the same sketch whether they differ in nothing but
// case, or in accents or the order of two neighbours in a long word.
func lookAlike(a, b mailbox.Name) bool {
	if a.Fold() == b.Fold() {
		return true
	}
	x, y := []rune(bare(last(a))), []rune(bare(last(b)))
	if len(x) < longEnough || !onlyLetters(x) {
		return false
	}
	x, y = differing(x, y)
	return len(x) == 0 || len(x) == 2 && x[0] == y[1] && x[1] == y[0]
}

// nearly says whether names at one place differ in one letter within a long word.
func nearly(a, b mailbox.Name) bool {
	aboveA, _ := a.Parent()
	aboveB, _ := b.Parent()
	x, y := []rune(bare(last(a))), []rune(bare(last(b)))
	if aboveA != aboveB || min(len(x), len(y)) < longEnough || !onlyLetters(x) || !onlyLetters(y) {
		return false
	}
	if x[0] != y[0] || x[len(x)-1] != y[len(y)-1] {
		return false // as singular and plural do
	}
	x, y = differing(x, y)
	return max(len(x), len(y)) == 1
}

func onlyLetters(word []rune) bool {
	return !slices.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
}

// differing takes what is the same at the beginning and at the end off both.
func differing(x, y []rune) ([]rune, []rune) {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}
