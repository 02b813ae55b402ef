package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// password decodes a password. No error of it shows any of the value.
func password(v cty.Value) (string, error) {
	s, err := text(v)
	switch {
	case err != nil:
		return "", err
	case s == "":
		return "", errors.New("this must not be empty")
	case strings.ContainsAny(s, "\x00\r\n"):
		return "", errors.New("this must not contain a line break or a NUL: trimspace(…) removes the one at the end of a file")
	}
	return s, nil
}

func commandLine(v cty.Value) ([]string, error) {
	args, err := filled(func(v cty.Value) (string, error) {
		s, err := text(v)
		if err == nil && (s == "" || strings.Contains(s, "\x00")) {
			err = errors.New("an argument of a command must not be empty")
		}
		return s, err
	})(v)
	if err != nil && !v.IsNull() && v.Type() == cty.String {
		return nil, errors.New("this must be a list: there is no shell that would split a command into words. Write [\"pass\", \"show\", \"mail\"]")
	}
	return args, err
}

// A command prints a password.
type command struct {
	args    []string
	hidden  []string // of args, those that no error may show
	dir     string
	environ map[string]string
}

const (
	maxOutput = 64 << 10 // more of it than that is no password
	maxStderr = 500      // of what the command complains, as shown
	lastWords = 2 * time.Second
)

// credential runs the command and returns its first output line.
func (c command) credential(ctx context.Context) (string, error) {
	var stdout, stderr capped
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, &stdout, &stderr
	cmd.Env = []string{} // not nil, which would be this process's own
	for _, name := range sortedKeys(c.environ) {
		cmd.Env = append(cmd.Env, name+"="+c.environ[name])
	}
	cmd.WaitDelay = lastWords // for what the command left running
	err := cmd.Run()
	first, _, _ := strings.Cut(stdout.String(), "\n")
	first = strings.TrimSuffix(first, "\r")
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: %w", c.doing(), context.Cause(ctx))
	case err != nil:
		return "", fmt.Errorf("%s: %w%s", c.doing(), withoutName(err), c.complaint(stderr.String(), stdout.String()))
	case first == "":
		return "", fmt.Errorf("%s: it printed no password on its first line%s", c.doing(), c.complaint(stderr.String(), stdout.String()))
	case strings.Contains(first, "\x00"):
		return "", fmt.Errorf("%s: what it printed holds a NUL", c.doing())
	}
	return first, nil
}

// doing says what is being done, with the command's name unless it is secret.
func (c command) doing() string {
	if slices.Contains(c.hidden, c.args[0]) {
		return "run password_command"
	}
	return fmt.Sprintf("run password_command %q", c.args[0])
}

// withoutName is the reason why a command could not be started, without its name,
// which may be secret.
func withoutName(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return err
}

// markedTexts are the texts in a value that come from sensitive variables.
func markedTexts(v cty.Value) []string {
	var texts []string
	plain, marks := v.UnmarkDeepWithPaths()
	for _, m := range marks {
		within, err := m.Path.Apply(plain)
		if err != nil {
			continue // a set's elements have no path: its own mark is among them
		}
		// The function returns no error, so that Walk returns none.
		_ = cty.Walk(within, func(_ cty.Path, at cty.Value) (bool, error) {
			if at.IsKnown() && !at.IsNull() && at.Type().IsPrimitiveType() {
				if s, err := text(at); err == nil {
					texts = append(texts, s)
				}
			}
			return true, nil
		})
	}
	return texts
}

// leastSecret is how many letters a line must have to be hidden where it comes up
// again: a shorter one is part of too many words, and no password.
const leastSecret = 4

// complaint is what a command said on its standard error, without any line that it
// printed as well, which may be the password. It is not told where arguments hold something
// sensitive: of "--token=…" the command may repeat any part.
func (c command) complaint(stderr, stdout string) string {
	if len(c.hidden) > 0 {
		return "; what it said is not shown, since its arguments hold a sensitive value"
	}
	var secrets []string
	for line := range strings.Lines(stdout) {
		secrets = append(secrets, strings.TrimSpace(line))
	}
	// The longest first: another may be part of it.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if len(secret) >= leastSecret {
			stderr = strings.ReplaceAll(stderr, secret, "(hidden)")
		}
	}
	stderr = strings.TrimSpace(stderr)
	if stderr == "" {
		return ""
	}
	if runes := []rune(stderr); len(runes) > maxStderr {
		stderr = string(slices.Concat(runes[:maxStderr], []rune("…")))
	}
	return ": " + stderr
}

// A capped keeps the beginning of what is written to it.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if room := maxOutput - c.Len(); room > 0 {
		c.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
