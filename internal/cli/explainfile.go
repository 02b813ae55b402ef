package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// maxFile is the largest message that is read from a file, in octets.
const maxFile = 100 << 20

// explainFile explains a message that stands in a file, or comes on standard input.
func (c *explainCommand) explainFile(inv *invocation, a *config.Account, policy config.Policy, now time.Time, path string) ([]render.Explained, hcl.Diagnostics, error) {
	raw, err := inv.readMail(path)
	if err != nil {
		return nil, nil, &problem{"Cannot read the message", err.Error()}
	}
	planner, diags := plan.New(a, policy, plan.Assume(a, c.folder), now)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	m := message.Whole(raw, plan.IdentityParts().Union(message.Parts{Structure: true}))
	received, assumed := c.arrival(m, now)
	m.Received, m.Saved, m.Flags, m.Folder = received, received, c.marks, c.folder
	m.Known.Flags, m.Known.Received, m.Known.Saved = true, true, true
	trace, missing := planner.Explain(c.folder, m)
	var asked message.Parts
	for !missing.Empty() {
		asked = asked.Union(missing)
		m.Merge(message.Whole(raw, missing))
		trace, missing = planner.Explain(c.folder, m)
		missing = missing.Minus(asked)
	}
	e := explained(a, m, trace)
	if a.BodySearch && asksForWords(asked) {
		assumed = append(assumed, `the server finds by its search what is in the text (body_search = "server").`)
	}
	e.File, e.Folder, e.Assumed = path, string(c.folder), append(assumed, "the folders are those that the configuration names, and one for each special use.")
	return []render.Explained{e}, nil, nil
}

// arrival is when the message is taken to have arrived, with what is to be said of
// it.
func (c *explainCommand) arrival(m *message.Message, now time.Time) (time.Time, []string) {
	if c.ageSet {
		return now.Add(-time.Duration(c.age) * time.Second), nil
	}
	if sent, ok := m.Header.Date(); ok && sent.Before(now) {
		return sent, []string{"it arrived when its Date says, and has been in this folder since then (-age says otherwise)."}
	}
	return now, []string{"it arrived a moment ago, since it has no Date that could be when (-age says otherwise)."}
}

// readMail reads a file; "-" is standard input.
func (inv *invocation) readMail(path string) (raw []byte, err error) {
	from := inv.Stdin
	if path != "-" {
		file, err := os.Open(inv.path(path))
		if err != nil {
			return nil, err
		}
		defer file.Close() // nothing was written
		from = file
	}
	raw, err = io.ReadAll(io.LimitReader(from, maxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > maxFile:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	case len(raw) == 0:
		return nil, fmt.Errorf("%s is empty", path)
	}
	return raw, nil
}
