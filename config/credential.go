package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
		return "", fmt.Errorf("run password_command %q: %w", c.args[0], context.Cause(ctx))
	case err != nil:
		return "", fmt.Errorf("run password_command %q: %w%s", c.args[0], err, complaint(stderr.String(), stdout.String()))
	case first == "":
		return "", fmt.Errorf("run password_command %q: it printed no password on its first line%s", c.args[0], complaint(stderr.String(), stdout.String()))
	case strings.Contains(first, "\x00"):
		return "", fmt.Errorf("run password_command %q: what it printed holds a NUL", c.args[0])
	}
	return first, nil
}

// complaint is what a command said on its standard error, without any line that it
// printed as well: that may be the password.
func complaint(stderr, stdout string) string {
	for line := range strings.Lines(stdout) {
		if secret := strings.TrimSpace(line); secret != "" {
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
