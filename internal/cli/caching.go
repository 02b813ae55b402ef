package cli

import (
	"errors"
	"flag"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/state"
)

// caching says whether, and where, what is read of messages is remembered. The zero
// value: in the directory that the environment names.
type caching struct {
	off   bool
	named string // the directory; empty: that of the environment
}

func (c *caching) flags(fs *flag.FlagSet) {
	fs.BoolVar(&c.off, "no-cache", false, "Read all anew, and remember nothing of it: neither use nor change the cache.")
	fs.Func("cache-dir", "Remember in this `DIR` what was read of messages, headers among it, instead of in the user's cache directory.", func(s string) error {
		if s == "" {
			return errors.New("write it as -cache-dir=DIR, or -no-cache for none")
		}
		c.named = s
		return nil
	})
}

// dir is the directory in which caches are kept.
func (c caching) dir(inv *invocation) (string, error) {
	if c.named != "" {
		return inv.path(c.named), nil
	}
	dir, err := state.CacheDir(inv.environment)
	if err != nil {
		return "", fmt.Errorf("%w, or by -cache-dir=DIR", err)
	}
	return dir, nil
}

// cache opens what is remembered of an account; nil: nothing is to be.
func (inv *invocation) cache(c caching, a *config.Account) (*cache.Account, error) {
	if c.off || a.NoCache || a.Maildir != "" {
		return nil, nil
	}
	dir, err := c.dir(inv)
	if err != nil {
		return nil, err
	}
	return cache.Open(dir, stateKey(a), inv.Now())
}

// openCaches opens what is remembered of accounts. Plans are as right without: that
// there is no place for it is told only to those who named one.
func (inv *invocation) openCaches(c caching, all []*planned) {
	var err error
	for _, p := range all {
		if p.cache, err = inv.cache(c, p.account); err != nil {
			break
		}
	}
	if err != nil && (c.named != "" || inv.environment[state.CacheVariable] != "") {
		inv.diagnose(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Nothing is remembered for the next plan", Detail: sentence(err.Error())}}, nil)
	}
}

// forget has an account be read anew by the next plan if any of this one was not done as
// it was planned: then what is remembered may not be what is there.
func (inv *invocation) forget(c caching, p *planned) {
	if p.doneAsPlanned() {
		return
	}
	remembered, err := inv.cache(c, p.account)
	if err != nil || remembered == nil {
		return // there is nothing
	}
	if err := remembered.DropAll(); err != nil {
		inv.diagnose(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "The cache stays",
			Detail: sentence(fmt.Sprintf("Not all was done as it was planned, and what is remembered of %s should have gone: %s; remove it, or say -no-cache for the next plan", p.account.Address, err))}}, nil)
	}
}

// doneAsPlanned says whether all of a plan was done, and no message left alone.
func (p *planned) doneAsPlanned() bool {
	return p.err == nil && p.result != nil && p.applied().Complete() &&
		!slices.ContainsFunc(p.result.Steps, func(o apply.Outcome) bool { return len(o.Skipped) > 0 })
}
