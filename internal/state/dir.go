// Package state owns where imapform keeps what it must remember between runs, and by
// which name it knows an account there: the directory that the environment names, that
// nobody else can write to it, and a file name for each account.
//
// What is kept is for packages lock and journal to say.
package state

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// Variable is the environment variable that names the directory before all else.
const Variable = "IMAPFORM_STATE_DIR"

// Dir returns the directory in which imapform keeps what it must remember between runs:
// IMAPFORM_STATE_DIR; or else imapform in XDG_STATE_HOME, or in what the system
// has for it. The environment decides; nothing is made or looked at. The error says
// what to do, and other ways can follow it after a comma.
func Dir(environ map[string]string) (string, error) {
	return dirOn(runtime.GOOS, environ)
}

func dirOn(system string, environ map[string]string) (string, error) {
	if dir := environ[Variable]; dir != "" {
		if !filepath.IsAbs(dir) {
			return "", fmt.Errorf("the environment variable %s is %q, which is not the same directory for all runs: name one by an absolute path", Variable, dir)
		}
		return filepath.Clean(dir), nil
	}
	// A path that is not absolute is to be ignored, says the XDG Base Directory
	// Specification.
	if dir := environ["XDG_STATE_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "imapform"), nil
	}
	base, below := "HOME", ".local/state/imapform"
	switch system {
	case "darwin", "ios":
		below = "Library/Application Support/imapform"
	case "windows":
		base, below = "LOCALAPPDATA", "imapform"
	}
	if !filepath.IsAbs(environ[base]) {
		return "", fmt.Errorf("there is no place to keep state in, such as locks and journals: the environment variable %s is no absolute path: "+
			"name a directory in %s", base, Variable)
	}
	return filepath.Join(environ[base], filepath.FromSlash(below)), nil
}
