package lock

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// stateVariable names the directory before all else.
const stateVariable = "IMAPFORM_STATE_DIR"

// Dir returns the directory in which imapform keeps what it must remember between runs:
// IMAPFORM_STATE_DIR; or else imapform in XDG_STATE_HOME, or in what the system
// has for it. The environment decides; nothing is made or looked at.
func Dir(environ map[string]string) (string, error) {
	return dirOn(runtime.GOOS, environ)
}

func dirOn(system string, environ map[string]string) (string, error) {
	if dir := environ[stateVariable]; dir != "" {
		if !filepath.IsAbs(dir) {
			return "", fmt.Errorf("the environment variable %s is %q: it must be an absolute path, so that all runs find the same directory", stateVariable, dir)
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
		return "", fmt.Errorf("there is no place to keep state in, such as locks: the environment variable %s is no absolute path: "+
			"name a directory in %s, or say -lock=false", base, stateVariable)
	}
	return filepath.Join(environ[base], filepath.FromSlash(below)), nil
}

// makePrivate makes a directory that nobody else can write to, or makes sure that it
// is one.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable(dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return unusable(dir, err)
	}
	if err := checkOwner(info); err != nil {
		return unusable(dir, err)
	}
	return nil
}
