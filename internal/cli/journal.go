package cli

import (
	"cmp"
	"errors"
	"flag"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/state"
)

// journaling says where the journals of runs are.
type journaling struct{ named string }

func (j *journaling) flags(fs *flag.FlagSet) {
	fs.Func("journal", "Keep journals in this `DIR` instead of the state directory: what an apply does is written down, so that the next one can finish it if it dies, and imapform undo can turn it around.", func(s string) error {
		if s == "" {
			return errors.New("write it as -journal=DIR")
		}
		j.named = s
		return nil
	})
}

// dir is the directory in which journals are kept.
func (j journaling) dir(inv *invocation) (string, error) {
	if j.named != "" {
		return inv.path(j.named), nil
	}
	dir, err := state.Dir(inv.environment)
	if err != nil {
		return "", fmt.Errorf("%w, or name one for journals by -journal=DIR", err)
	}
	return dir, nil
}

// journal begins the journal of a run of an account, which is locked, and removes those
// that nobody needs any more. The caller says which run it is, and which command; what
// there is to say of the account and the program is added. Without a journal nothing may
// be changed.
func (inv *invocation) journal(j journaling, a *config.Account, run journal.Run) (*journal.Writer, error) {
	dir, err := j.dir(inv)
	if err != nil {
		return nil, err
	}
	run.Tool, run.Account, run.Mailbox = "imapform "+inv.Version, a.Address, cmp.Or(a.Host, a.Maildir)
	w, err := journal.Create(dir, stateKey(a), run, inv.Now)
	if err != nil {
		return nil, err
	}
	if err := journal.Prune(dir, stateKey(a), inv.Now()); err != nil {
		inv.diagnose(hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Old journals stay", Detail: sentence(err.Error())}}, nil)
	}
	return w, nil
}
