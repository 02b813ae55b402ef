package cache

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// Variable is the environment variable that names the directory before all else.
const Variable = "IMAPFORM_CACHE_DIR"

// Dir returns the directory in which imapform keeps what it may forget:
// IMAPFORM_CACHE_DIR; or else imapform in XDG_CACHE_HOME, or in what the system has for
// it. The environment decides; nothing is made or looked at.
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
	if dir := environ["XDG_CACHE_HOME"]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "imapform"), nil
	}
	base, below := "HOME", ".cache/imapform"
	switch system {
	case "darwin", "ios":
		below = "Library/Caches/imapform"
	case "windows":
		base, below = "LOCALAPPDATA", "imapform/cache"
	}
	if !filepath.IsAbs(environ[base]) {
		return "", fmt.Errorf("there is no place for a cache: the environment variable %s is no absolute path: name a directory in %s", base, Variable)
	}
	return filepath.Join(environ[base], filepath.FromSlash(below)), nil
}
