// Package state owns where imapform keeps what it must remember between runs, and what it
// may forget, and by which name it knows an account there: the directories that the
// environment names, that nobody else can write to them, and a file name for each account.
//
// What is kept is for packages lock, journal and cache to say.
package state

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// Variable is the environment variable that names the directory of Dir before all else,
// CacheVariable that of CacheDir.
const (
	Variable      = "IMAPFORM_STATE_DIR"
	CacheVariable = "IMAPFORM_CACHE_DIR"
)

// Dir returns the directory in which imapform keeps what it must remember between runs:
// IMAPFORM_STATE_DIR; or else imapform in XDG_STATE_HOME, or in what the system
// has for it. The environment decides; nothing is made or looked at. The error says
// what to do, and other ways can follow it after a comma.
func Dir(environ map[string]string) (string, error) {
	return kept.dirOn(runtime.GOOS, environ)
}

// CacheDir returns, likewise, the directory in which imapform keeps what it may forget:
// IMAPFORM_CACHE_DIR; or else imapform in XDG_CACHE_HOME, or in what the system has for
// it.
func CacheDir(environ map[string]string) (string, error) {
	return forgettable.dirOn(runtime.GOOS, environ)
}

// A place is where things of one kind are kept.
type place struct {
	variable, xdg string // environment variables
	what          string // for people
	// Below HOME, on a Mac too, and below LOCALAPPDATA.
	home, mac, windows string
}

var (
	kept = place{
		variable: Variable, xdg: "XDG_STATE_HOME", what: "to keep state in, such as locks and journals",
		home: ".local/state/imapform", mac: "Library/Application Support/imapform", windows: "imapform",
	}
	forgettable = place{
		variable: CacheVariable, xdg: "XDG_CACHE_HOME", what: "for a cache",
		home: ".cache/imapform", mac: "Library/Caches/imapform", windows: "imapform/cache",
	}
)

func (p place) dirOn(system string, environ map[string]string) (string, error) {
	if dir := environ[p.variable]; dir != "" {
		if !filepath.IsAbs(dir) {
			return "", fmt.Errorf("the environment variable %s is %q, which is not the same directory for all runs: name one by an absolute path", p.variable, dir)
		}
		return filepath.Clean(dir), nil
	}
	// A path that is not absolute is to be ignored, says the XDG Base Directory
	// Specification.
	if dir := environ[p.xdg]; filepath.IsAbs(dir) {
		return filepath.Join(dir, "imapform"), nil
	}
	base, below := "HOME", p.home
	switch system {
	case "darwin", "ios":
		below = p.mac
	case "windows":
		base, below = "LOCALAPPDATA", p.windows
	}
	if !filepath.IsAbs(environ[base]) {
		return "", fmt.Errorf("there is no place %s: the environment variable %s is no absolute path: name a directory in %s", p.what, base, p.variable)
	}
	return filepath.Join(environ[base], filepath.FromSlash(below)), nil
}
