package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

func consoleEntry() entry {
	return entry{
		name:    "console",
		summary: "Try expressions and functions",
		text: "Evaluates expressions over the variables, local values and blocks of the current directory, where there are any, and shows what they come to. " +
			"It uses no network and no credentials. Variables need no values: what hangs on one without is shown as (unknown), and what is sensitive as (sensitive value).\n\n" +
			"Expressions are read from standard input, each from a line; one in which brackets are open goes on in the next lines. The word exit and the end of the input leave. " +
			"On a terminal an error is shown and the next expression is asked for. Elsewhere, and with -e, all of the expressions are evaluated, and the exit status is 1 if one of them is wrong.",
		make: func(*invocation) command { return &consoleCommand{} },
	}
}

// consoleCommand is the console command.
type consoleCommand struct {
	variableFlags
	expressions []string
	json        bool

	inv     *invocation
	console *config.Console
}

func (c *consoleCommand) flags(fs *flag.FlagSet) {
	c.variableFlags.flags(fs)
	fs.Func("e", "Evaluate the expression `EXPR` and read no others. May be given several times.", func(s string) error {
		if config.Blank(s) {
			return errors.New("write an expression behind it")
		}
		c.expressions = append(c.expressions, s)
		return nil
	})
	fs.BoolVar(&c.json, "json", false, "Write each value as JSON on a line; one that is unknown or sensitive is an error.")
}

func (c *consoleCommand) run(_ context.Context, inv *invocation, _ []string) Status {
	console, files, diags := config.OpenConsole(inv.source(c.sources, true))
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	c.inv, c.console = inv, console
	if len(c.expressions) == 0 {
		return c.read()
	}
	status := StatusOK
	for _, text := range c.expressions {
		ok, err := c.evaluate(text)
		if err != nil {
			return inv.fail(err)
		}
		if !ok {
			status = StatusError
		}
	}
	return status
}

// read evaluates the expressions of standard input.
func (c *consoleCommand) read() Status {
	lines := bufio.NewReader(c.inv.Stdin)
	status := StatusOK
	for {
		text, err := c.next(lines)
		if errors.Is(err, io.EOF) {
			return status
		}
		if err != nil {
			return c.inv.fail(err)
		}
		ok, err := c.evaluate(text)
		if err != nil {
			return c.inv.fail(err)
		}
		if !ok && !c.inv.StdinTerminal {
			status = StatusError
		}
	}
}

// next reads an expression, for which it asks on a terminal; io.EOF: there is none
// any more, or it is the word exit.
func (c *consoleCommand) next(lines *bufio.Reader) (string, error) {
	var text config.Lines
	more := false
	for {
		if err := c.prompt(more); err != nil {
			return "", err
		}
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", &problem{"Cannot read standard input", err.Error()}
		}
		if err != nil {
			if err := c.endPrompt(); err != nil {
				return "", err
			}
		}
		if !more && strings.TrimSpace(line) == "exit" {
			return "", io.EOF
		}
		more = text.Add(line)
		switch {
		case more && err == nil:
		case !config.Blank(text.String()):
			return text.String(), nil
		case err != nil:
			return "", io.EOF
		default:
			text = config.Lines{}
		}
	}
}

// prompt asks for an expression, or for more of one, if somebody sits there.
func (c *consoleCommand) prompt(more bool) error {
	if !c.asks() {
		return nil
	}
	return unwritten(render.ExpressionPrompt(c.inv.Stdout, more))
}

// endPrompt ends the line of a prompt to which nobody typed an end of line.
func (c *consoleCommand) endPrompt() error {
	if !c.asks() {
		return nil
	}
	return unwritten(render.Notice(c.inv.Stdout, "", c.inv.stdout))
}

func (c *consoleCommand) asks() bool { return c.inv.StdinTerminal && c.inv.StdoutTerminal }

func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return &problem{"Cannot write to standard output", err.Error()}
}

// evaluate shows what an expression comes to, or what is wrong with it: then it is
// not ok. The error is one of writing.
func (c *consoleCommand) evaluate(text string) (ok bool, err error) {
	if c.json {
		value, files, diags := c.console.EvalJSON(text)
		if c.inv.diagnose(diags, files); diags.HasErrors() {
			return false, nil
		}
		return true, unwritten(render.ValueJSON(c.inv.Stdout, value))
	}
	value, files, diags := c.console.Eval(text)
	if c.inv.diagnose(diags, files); diags.HasErrors() {
		return false, nil
	}
	return true, unwritten(render.Value(c.inv.Stdout, config.Shown(value)))
}
