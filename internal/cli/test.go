package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

func testEntry() entry {
	return entry{
		name:    "test",
		summary: "Run the tests of the rules",
		text: "Runs the tests in the files of the current directory whose names end in .imaptest.hcl: each puts messages into a mailbox in memory, plans and applies what the configuration says, and compares what became of them with what is expected. " +
			"It uses no network and no credentials; variables need values only where rules hang on them.\n\n" +
			"The exit status is 1 if a test fails or cannot be run.",
		make: func(*invocation) command { return &testCommand{} },
	}
}

// testCommand is the test command.
type testCommand struct {
	variableFlags
	filters       []string
	json, verbose bool
	junit         string
}

func (c *testCommand) flags(fs *flag.FlagSet) {
	c.variableFlags.flags(fs)
	fs.Func("filter", "Run only the tests of this `NAME`, or of the file of this name; \"*\" stands for anything in it. May be given several times.", func(s string) error {
		if s == "" {
			return errors.New("write the name of a test behind it")
		}
		c.filters = append(c.filters, s)
		return nil
	})
	fs.BoolVar(&c.json, "json", false, "Write one JSON object a line, in the shape of Terraform's.")
	fs.StringVar(&c.junit, "junit-xml", "", "Write a JUnit report to `FILE`, too.")
	fs.BoolVar(&c.verbose, "verbose", false, "Show tests that pass, too, and what became of each message.")
}

func (c *testCommand) run(ctx context.Context, inv *invocation, _ []string) Status {
	tests, files, diags := inv.loadTests(c.sources)
	report, err := c.report(inv, files)
	if err != nil {
		return inv.written(err)
	}
	if err := report.problems(diags); err != nil {
		return inv.written(err)
	}
	if tests == nil {
		return StatusError
	}
	chosen, err := c.chosen(tests.All)
	if err != nil {
		return inv.fail(err)
	}
	begun := inv.Now()
	ran, err := inv.runTests(ctx, tests.Config.Policy, chosen, report)
	if err != nil {
		return inv.written(err)
	}
	counts := countTests(ran)
	counts.Skipped = len(tests.All) - len(chosen)
	if err := report.end(counts); err != nil {
		return inv.written(err)
	}
	if c.junit != "" {
		if err := inv.writeJUnit(c.junit, ran, begun, files); err != nil {
			return inv.fail(err)
		}
	}
	if counts.Failed > 0 {
		return StatusError
	}
	return StatusOK
}

// chosen are the tests that a filter names; without filters all.
func (c *testCommand) chosen(all []*config.Test) ([]*config.Test, error) {
	if len(c.filters) == 0 {
		return all, nil
	}
	wanted := map[*config.Test]bool{}
	for _, filter := range c.filters {
		names := map[string]bool{}
		found := false
		for _, t := range all {
			for _, name := range []string{t.Name, t.Title, t.Declared.Filename} {
				names[name] = true
				if globs(filter, name) {
					wanted[t], found = true, true
				}
			}
		}
		if !found {
			detail := "Each -filter must name at least one test, or its file."
			if near := config.Nearest(filter, slices.Sorted(maps.Keys(names))); near != "" {
				detail = fmt.Sprintf("Did you mean %q?", near)
			}
			return nil, &problem{fmt.Sprintf("There is no test %q", filter), detail}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(t *config.Test) bool { return !wanted[t] }), nil
}

// globs says whether a pattern covers a name: "*" is anything in it.
func globs(pattern, name string) bool {
	first, rest, ok := strings.Cut(pattern, "*")
	if !ok {
		return pattern == name
	}
	name, ok = strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	for _, part := range parts[:len(parts)-1] {
		_, after, ok := strings.Cut(name, part)
		if !ok {
			return false
		}
		name = after
	}
	return strings.HasSuffix(name, parts[len(parts)-1])
}

// writeJUnit writes a report for CI systems.
func (inv *invocation) writeJUnit(name string, files []render.TestFile, begun time.Time, sources config.Files) (err error) {
	file, err := os.Create(inv.path(name))
	if err == nil {
		err = errors.Join(render.JUnit(file, files, begun, sources), file.Close())
	}
	if err != nil {
		return &problem{"Cannot write the JUnit report", err.Error()}
	}
	return nil
}
