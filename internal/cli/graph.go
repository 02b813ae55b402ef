package cli

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/imapform/imapform/internal/flow"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

func graphEntry() entry {
	return entry{
		name:    "graph",
		summary: "Draw where a plan lets mail flow, as Mermaid or DOT",
		args:    "[FILE]",
		text: "Writes a picture of a plan for other programs to draw: folders, what becomes of them, and what rules do between them, with numbers of messages. " +
			"Mermaid is what GitHub and GitLab draw where they find it in Markdown; DOT is the language of Graphviz: imapform graph -format=dot | dot -Tsvg.\n\n" +
			"With a FILE it is of the plan that imapform plan -out=FILE has saved, and neither configuration nor network is used. Without one it is of a plan that is made now. Nothing is changed on any server.\n\n" +
			"The exit status is 0 also for a plan that breaks a rail, which imapform plan tells.",
		make: func(inv *invocation) command {
			return &graphCommand{planFlags: newPlanFlags(inv), draw: flow.Graph.Mermaid}
		},
	}
}

// graphCommand is the graph command.
type graphCommand struct {
	planFlags // of which it has those that say what is planned
	draw      func(flow.Graph) string
}

// formats are those that a graph can be written in.
var formats = map[string]func(flow.Graph) string{"mermaid": flow.Graph.Mermaid, "dot": flow.Graph.DOT}

func (c *graphCommand) flags(fs *flag.FlagSet) {
	c.variableFlags.flags(fs)
	c.accountFlags.flags(fs)
	c.targetFlags.flags(fs)
	c.caching.flags(fs)
	fs.Func("format", "Write it in this `FORMAT`, mermaid or dot: mermaid unless told here.", func(s string) error {
		draw, ok := formats[s]
		if !ok {
			return fmt.Errorf("there is no format %q: write mermaid or dot", s)
		}
		c.draw = draw
		return nil
	})
}

func (c *graphCommand) run(ctx context.Context, inv *invocation, args []string) Status {
	switch {
	case len(args) > 1:
		return inv.fail(&problem{"The graph command takes one file", fmt.Sprintf("It was given %d. Draw one plan after the other.", len(args))})
	case len(args) == 0:
		return c.live(ctx, inv)
	case c.given():
		return inv.fail(&problem{"A saved plan is drawn as it is", "The flags -account, -shard, -parallelism, -target, -exclude, -no-cache, -cache-dir, -var and -var-file are for a plan that is made now: leave them out, or the file."})
	}
	saved, err := inv.readSaved(args[0])
	if err != nil {
		return inv.fail(err)
	}
	return c.write(inv, plansIn(saved))
}

// given says whether there are flags that say nothing of a file.
func (c *graphCommand) given() bool {
	return len(c.sources) > 0 || len(c.accounts) > 0 || c.shard != (shard{}) || c.parallelism != defaultParallelism || c.caching != (caching{}) || c.targetFlags.given()
}

// live draws a plan that is made now.
func (c *graphCommand) live(ctx context.Context, inv *invocation) Status {
	progress, end := inv.progress()
	defer end()
	all, files, status := c.made(ctx, inv, progress)
	for _, p := range all {
		p.close()
	}
	told := inv.stderr
	told.Files = files
	_ = render.ProblemsOf(inv.Stderr, problemsOf(all), told)
	inv.tellUnplanned(all)
	if plans := plansOf(all); len(plans) > 0 {
		status = c.write(inv, plans)
	}
	if len(unplanned(all)) > 0 {
		return unplannedStatus(all)
	}
	return status
}

func (c *graphCommand) write(inv *invocation, plans []*plan.Plan) Status {
	_, err := io.WriteString(inv.Stdout, c.draw(flow.Of(plans)))
	return inv.written(err)
}
