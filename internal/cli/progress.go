package cli

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/render"
)

// progress starts to tell on standard error what is going on; end stops it.
func (inv *invocation) progress() (p *render.Progress, end func()) {
	rewritten := inv.StderrTerminal && inv.environment["TERM"] != "dumb" && !inv.traced()
	p = render.NewProgress(inv.Stderr, rewritten, inv.Now, inv.stderr)
	ticker := time.NewTicker(time.Second)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				p.Tick()
			case <-done:
				return
			}
		}
	}()
	return p, func() {
		ticker.Stop()
		close(done)
		<-ended
		p.Pause()
	}
}

// traced says whether the protocol is to be shown.
func (inv *invocation) traced() bool {
	level := inv.environment["IMAPFORM_LOG"]
	return level == "debug" || level == "trace"
}

// checkLog warns of a level that there is not: nothing would be shown, and nobody
// would know why.
func (inv *invocation) checkLog() {
	level := inv.environment["IMAPFORM_LOG"]
	if level == "" || level == "off" || inv.traced() {
		return
	}
	inv.diagnose(hcl.Diagnostics{{
		Severity: hcl.DiagWarning,
		Summary:  "IMAPFORM_LOG is ignored",
		Detail:   fmt.Sprintf("There is no level %q: the levels are debug, trace and off.", level),
	}}, nil)
}

// trace writes an account's protocol to standard error; the session has masked
// what is secret.
func (inv *invocation) trace(account string) func(sent bool, line string) {
	return func(sent bool, line string) {
		_ = render.Trace(inv.protocol, inv.Now(), account, sent, line)
	}
}
