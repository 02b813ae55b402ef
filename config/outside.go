package config

import (
	"strconv"
	"time"
)

// An outside is what functions know beside their arguments: the files below a
// directory, and the time. They ask nothing else for either, so that nothing comes in
// that the Fingerprint of a configuration does not know of.
type outside struct {
	dir    string
	called string // the directory, as it is called among inputs
	now    time.Time
	inputs *inputs // nil: nobody asks
}

// text is what a file holds, which must be text.
func (o outside) text(name string) (string, error) {
	text, err := readBelow(o.dir, name)
	o.note("file", name, text, err)
	return text, err
}

// exists says whether there is such a file.
func (o outside) exists(name string) (bool, error) {
	exists, err := existsBelow(o.dir, name)
	o.note("fileexists", name, strconv.FormatBool(exists), err)
	return exists, err
}

// files are those below a directory that a pattern takes.
func (o outside) files(below, pattern string) ([]string, error) {
	names, err := filesBelow(o.dir, below, pattern)
	o.note("fileset", joined(below, pattern), joined(names...), err)
	return names, err
}

// time is that of the plan; zero: it is not known.
func (o outside) time() time.Time {
	o.inputs.refuse()
	return o.now
}

// note notes what the outside gave. Of an error expressions can tell no more than that
// there is one.
func (o outside) note(kind, asked, gave string, err error) {
	how := "gave"
	if err != nil {
		how, gave = "failed", ""
	}
	o.inputs.note(joined(kind, o.called, asked), joined(how, gave))
}
