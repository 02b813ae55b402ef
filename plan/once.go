package plan

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// once keeps one of each of what many messages have in common.
type once struct {
	words map[string]string
	flags map[string]mailbox.Flags
	ways  map[string]*way
	key   []byte // for reuse
}

func newOnce() once {
	return once{words: map[string]string{}, flags: map[string]mailbox.Flags{}, ways: map[string]*way{}}
}

// word returns the string, apart from the larger one of which it may be part.
func (o *once) word(s string) string {
	have, ok := o.words[s]
	if !ok {
		have = strings.Clone(s)
		o.words[have] = have
	}
	return have
}

// flagSet returns the flags, likewise apart.
func (o *once) flagSet(flags mailbox.Flags) mailbox.Flags {
	o.key = appendAll(o.key[:0], flags)
	have, ok := o.flags[string(o.key)]
	if !ok {
		have = slices.Clone(flags)
		for i, f := range have {
			have[i] = imap.Flag(strings.Clone(string(f)))
		}
		o.flags[string(o.key)] = have
	}
	return have
}

// way returns a way for keeps: w itself is used for the next message.
func (o *once) way(w *way) *way {
	o.key = w.appendKey(o.key[:0])
	have, ok := o.ways[string(o.key)]
	if !ok {
		have = &way{
			ending: w.ending, folder: w.folder, flags: o.flagSet(w.flags), set: w.set, trash: w.trash, mover: w.mover,
			copies: slices.Clone(w.copies), causes: slices.Clone(w.causes), protected: slices.Clone(w.protected), via: slices.Clone(w.via),
		}
		o.ways[string(w.appendKey(nil))] = have
	}
	return have
}

// appendKey appends what is the same for ways that come to the same for the same
// reasons, of what is kept of them.
func (w *way) appendKey(b []byte) []byte {
	b = append(b, byte(w.ending), boolByte(w.trash))
	b = appendText(b, w.folder)
	b = appendAll(appendAll(b, w.flags), w.set)
	b = w.mover.appendKey(b)
	b = binary.AppendUvarint(b, uint64(len(w.copies)))
	for _, c := range w.copies {
		b = c.cause.appendKey(appendText(b, c.folder))
	}
	b = binary.AppendUvarint(b, uint64(len(w.causes)))
	for _, c := range w.causes {
		b = c.appendKey(b)
	}
	return appendAll(appendAll(b, w.protected), w.via)
}

func (c *cause) appendKey(b []byte) []byte {
	switch {
	case c == nil:
		return append(b, 0)
	case c.rule != nil:
		return binary.AppendUvarint(append(b, 1), uint64(c.rule.index))
	}
	b = appendText(append(b, 2), c.block)
	b = appendText(b, c.declared.Filename)
	for _, n := range []int{c.declared.Start.Line, c.declared.Start.Column, c.declared.Start.Byte, c.declared.End.Line, c.declared.End.Column, c.declared.End.Byte} {
		b = binary.AppendVarint(b, int64(n))
	}
	return b
}

func appendText[S ~string](b []byte, s S) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendAll[S ~string](b []byte, all []S) []byte {
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, s := range all {
		b = appendText(b, s)
	}
	return b
}

func boolByte(is bool) byte {
	if is {
		return 1
	}
	return 0
}
