package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// Fingerprint tells configurations apart by what they were made of: of two that have
// the same one, all that bears on what a plan comes to is the same, if the same program
// has loaded them. Only who is logged in to an account, and with what, may be another.
//
// It is a hash in hexadecimal digits, which no sensitive value has gone into, so that
// it may be kept on a disk.
//
// Not ok: there is none, since what the configuration means changes with the time, with
// files that were read after it was loaded, or with something sensitive. That may turn
// out only while expressions are worked out for messages, in a plan: who remembers
// something of a plan under the fingerprint asks again at its end. Several goroutines
// may ask.
func (c *Config) Fingerprint() (fingerprint string, ok bool) {
	if c.inputs == nil || c.Partial || c.inputs.refused.Load() {
		return "", false
	}
	return c.inputs.sum, true
}

// inputs are what a configuration was made of: what came in from outside, and what it
// was there. While it is loaded one goroutine uses them; after that, several may.
type inputs struct {
	refused atomic.Bool
	ended   atomic.Bool // the loading
	sum     string      // once it has ended

	hidden   bool // what comes in now is not noted: it is for something sensitive, or a credential
	withheld bool // and something has come in

	seen map[digest]digest // what came in, by what was asked for
}

type digest = [sha256.Size]byte

// refuse says that there can be no fingerprint.
func (i *inputs) refuse() {
	if i != nil && !i.refused.Load() { // which may be for each message
		i.refused.Store(true)
	}
}

// note takes down what was asked for, and what was there.
func (i *inputs) note(asked, gave string) {
	switch {
	case i == nil:
		return
	case i.ended.Load():
		i.refuse()
		return
	case i.hidden:
		i.withheld = true
		return
	}
	key, value := sha256.Sum256([]byte(asked)), sha256.Sum256([]byte(gave))
	if before, ok := i.seen[key]; ok && before != value {
		i.refuse() // it changed meanwhile, and who got which is not known
	}
	i.seen[key] = value
}

// end takes down that all has come in. In which order it did hangs on chance.
func (i *inputs) end() {
	var all [][]byte
	for key, value := range i.seen {
		all = append(all, slices.Concat(key[:], value[:]))
	}
	slices.SortFunc(all, bytes.Compare)
	sum := sha256.Sum256(slices.Concat(all...))
	i.sum = hex.EncodeToString(sum[:])
	i.seen = nil
	i.ended.Store(true)
}

// joined is one text of several that no others give.
func joined(texts ...string) string {
	var b []byte
	for _, text := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return string(b)
}

// endInputs notes what was read before anything was evaluated. The environment and the
// command line reach nothing but variables, whose values stand for all that gives them.
func (l *loader) endInputs() *inputs {
	if l.src.Incomplete {
		l.inputs.refuse()
	}
	for name, file := range l.files {
		l.inputs.note(joined("source", name), string(file.Bytes))
	}
	for name, v := range l.variables {
		if v.sensitive {
			continue // it bears on nothing: see witnessed
		}
		value := l.declared["var"][name].value
		said, err := ctyjson.Marshal(value, cty.DynamicPseudoType)
		if err != nil || !value.IsWhollyKnown() {
			l.inputs.refuse()
		}
		l.inputs.note(joined("variable", name), string(said))
	}
	l.inputs.end()
	return l.inputs
}

// inputName is what a directory is called among inputs: seen from the configuration's.
func (shared *loading) inputName(dir string) string {
	if below, err := filepath.Rel(shared.src.Dir, dir); err == nil {
		return below
	}
	return dir
}

// witnessed evaluates an expression such that what comes in is noted.
//
// It is here that no sensitive value bears on what has a fingerprint, nor goes into
// one. What hangs on a sensitive value is marked, and reaches nothing but a credential:
// whatever else takes a value refuses it (decodeArgument, criterion, instances and so
// on). What is not marked hangs on none; only of the files that were read it cannot be
// told which of them bear on it, and then there is no fingerprint.
func (l *loader) witnessed(expr hcl.Expression, refs []hcl.Traversal, ctx *hcl.EvalContext, each *instance, credential bool) (cty.Value, hcl.Diagnostics) {
	sensitive := l.handlesSensitive(expr, refs, each)
	l.inputs.hidden, l.inputs.withheld = sensitive || credential, false
	defer func() { l.inputs.hidden = false }()
	if sensitive && l.sensitiveKey(expr, ctx) {
		return cty.DynamicVal, nil
	}
	v, diags := expr.Value(ctx)
	if !sensitive || diags.HasErrors() {
		return v, diags
	}
	v = l.keepMarks(v, expr, ctx, each)
	if l.inputs.withheld && !credential && !v.IsMarked() {
		l.inputs.refuse()
	}
	return v, diags
}

// handlesSensitive says whether an expression gets hold of something sensitive. All
// that it refers to has a value by now.
func (l *loader) handlesSensitive(expr hcl.Expression, refs []hcl.Traversal, each *instance) bool {
	for _, ref := range refs {
		if i := each.named(ref.RootName()); i != nil {
			if i.key.ContainsMarked() || i.value.ContainsMarked() {
				return true
			}
			continue
		}
		name, _ := ref[1].(hcl.TraverseAttr) // which references has seen to
		if n := l.declared[ref.RootName()][name.Name]; n != nil && n.marked {
			return true
		}
	}
	return bytes.Contains(l.files.sourceOf(expr.Range()), []byte("sensitive"))
}
