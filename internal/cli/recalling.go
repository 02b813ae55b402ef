package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/plan"
)

// A recall is what one plan of an account leaves for the next, where the program and the
// configuration are the same. A nil one is nothing.
type recall struct {
	cache *cache.Account
	// key is of all that a plan hangs on beside the mailbox and the time; false: it
	// hangs on more, which may turn out only while the plan is made.
	key func() (string, bool)
	was []byte // what was remembered; nil: nothing
}

// openRecalls opens what earlier plans of accounts have left.
func (inv *invocation) openRecalls(cfg *config.Config, all []*planned) {
	if inv.Program == "" {
		return
	}
	for _, p := range all {
		if p.cache == nil {
			continue
		}
		p.recall = &recall{cache: p.cache, key: func() (string, bool) {
			fingerprint, ok := cfg.Fingerprint()
			sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", inv.Program, fingerprint, p.account.Address))
			return hex.EncodeToString(sum[:]), ok
		}}
	}
}

// begin has the planner take over what was remembered.
func (r *recall) begin(planner *plan.Planner) {
	if r == nil {
		return
	}
	key, ok := r.key()
	if !ok {
		return
	}
	if r.was, ok = r.cache.Verdicts(key); ok {
		planner.Recall(r.was)
	}
}

// end remembers what the planner came to, if that is something else. If it cannot, because
// the disk is full, the next plan has more to ask.
func (r *recall) end(planner *plan.Planner) {
	if r == nil {
		return
	}
	key, ok := r.key()
	if !ok {
		return
	}
	if verdicts, ok := planner.Verdicts(); ok && !bytes.Equal(verdicts, r.was) {
		_ = r.cache.KeepVerdicts(key, verdicts)
	}
}
