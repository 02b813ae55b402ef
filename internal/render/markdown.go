package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/flow"
	"github.com/imapform/imapform/plan"
)

// MarkdownOptions say what a comment on a pull request is to hold. The zero value is
// a comment without samples, for the only configuration of its repository.
type MarkdownOptions struct {
	Key     string       // tells this comment from those of other configurations; it is shown
	Samples int          // messages shown of each rule; they are private
	Missing []string     // accounts that could not be planned
	Hidden  plan.Hidden  // what was left out on purpose
	Files   config.Files // source texts for what points into the configuration
}

// maxComment is how long a comment may be, in units of UTF-16. GitHub takes 65,536
// characters; the rest is for whoever puts something around it.
const maxComment = 60_000

// Markdown writes what plans would do as a comment on a pull request. The same plans
// give the same octets, and never more than 60,000 characters: first samples are left
// out, then the plan's text, then rows of its table, and it says so. What comes from
// mailboxes or from the configuration stands in code spans and code blocks only, out of
// which nothing can break.
func Markdown(w io.Writer, plans []*plan.Plan, o MarkdownOptions) error {
	marker, err := Marker(o.Key)
	if err != nil {
		return err
	}
	c := comment{plans: plans, o: o, room: maxComment}
	head := c.take(marker + c.summary() + c.missing() + c.hidden())
	caution := c.take(c.caution())
	table := c.take(c.table())
	notes := c.take(c.warnings())
	picture := c.take(c.picture())
	text := c.take(c.planText())
	_, err = io.WriteString(w, head+caution+table+picture+text+notes)
	return err
}

// A comment is written by its parts, the most important one first: each takes of the
// room what it needs.
type comment struct {
	plans []*plan.Plan
	o     MarkdownOptions
	room  int // units that are left
}

// take takes the room that a part needs.
func (c *comment) take(part string) string {
	c.room -= lengthOf(part)
	return part
}

// several says whether there are other accounts than one.
func (c *comment) several() bool { return len(c.plans)+len(c.o.Missing) > 1 }

// Marker returns the hidden line that a comment with this key begins with, by which a
// later run finds it, to update it. What could end it early is escaped as in a URL. It
// fails if the key is too long.
func Marker(key string) (string, error) {
	if key == "" {
		return "<!-- imapform plan -->\n", nil
	}
	const most = 200
	var b strings.Builder
	for _, octet := range []byte(key) {
		if octet >= '0' && octet <= '9' || octet >= 'a' && octet <= 'z' || octet >= 'A' && octet <= 'Z' || strings.IndexByte("._/-", octet) >= 0 {
			b.WriteByte(octet)
		} else {
			fmt.Fprintf(&b, "%%%02X", octet)
		}
	}
	if b.Len() > most {
		return "", fmt.Errorf("the key of the comment is too long: it takes %d characters, and %d are allowed", b.Len(), most)
	}
	return "<!-- imapform plan " + b.String() + " -->\n", nil
}

// summary is the one line that nobody may miss.
func (c *comment) summary() string {
	var sum plan.Summary
	changes := false
	for _, pl := range c.plans {
		sum = add(sum, pl.Summary())
		changes = changes || !pl.Empty()
	}
	text := "**No changes.** Your mailboxes match the configuration.\n"
	switch {
	case changes:
		text = "**" + sum.String() + "**\n"
	case len(c.o.Missing) > 0, c.o.Hidden.Steps+c.o.Hidden.Messages+c.o.Hidden.Accounts > 0:
		text = "**No changes** are known of.\n"
	}
	if c.o.Key != "" {
		text += "\nConfiguration: " + code(clean(c.o.Key), mostName) + "\n"
	}
	return text
}

func (c *comment) missing() string {
	if len(c.o.Missing) == 0 {
		return ""
	}
	var names []safe
	for _, name := range c.o.Missing {
		names = append(names, safe(code(clean(name), mostName)))
	}
	return "\n> [!WARNING]\n> " + string(number(len(names))+" of "+count(len(names)+len(c.plans), "account")+
		" could not be planned and will be left alone: "+someOf(names)) + ".\n"
}

// hidden is what was left out on purpose.
func (c *comment) hidden() string {
	text := c.hiddenSteps()
	if n := c.o.Hidden.Accounts; n > 0 {
		text += "\n> [!NOTE]\n> " + string(leftOut(n)) + "\n"
	}
	return text
}

// hiddenSteps is what -target and -exclude leave out.
func (c *comment) hiddenSteps() string {
	var flags []safe
	for _, target := range c.o.Hidden.Targets {
		flags = append(flags, safe(code("-target="+clean(target), mostName)))
	}
	for _, exclude := range c.o.Hidden.Excludes {
		flags = append(flags, safe(code("-exclude="+clean(exclude), mostName)))
	}
	if len(flags) == 0 {
		return ""
	}
	if c.o.Hidden.Steps+c.o.Hidden.Messages == 0 {
		return "\n> [!NOTE]\n> The plan was made with " + string(someOf(flags)) + ", which hides nothing of the whole plan.\n"
	}
	return "\n> [!NOTE]\n> This is a part of the plan: " + string(count(c.o.Hidden.Steps, "step")+" with "+count(c.o.Hidden.Messages, "message")+
		" are left out because of "+someOf(flags)) + ".\n"
}

// picture is where mail flows, for GitHub and GitLab to draw.
func (c *comment) picture() string {
	g := flow.Of(c.plans)
	if g.Empty() {
		return ""
	}
	why := "there is no room for it"
	if !g.Readable() {
		nodes, edges := g.Size()
		why = "with " + string(count(nodes, "folder")+" and "+count(edges, "way")) + " between them nothing could be seen"
	} else if text := folded("Where mail flows", "mermaid", g.Mermaid()); lengthOf(text) <= c.room {
		return text
	}
	return c.orNothing("\nThe picture of where mail flows is left out: " + why + ". `imapform graph` writes it.\n")
}

// orNothing is a part if there is room for it.
func (c *comment) orNothing(part string) string {
	if lengthOf(part) > c.room {
		return ""
	}
	return part
}
