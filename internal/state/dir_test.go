package state

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestDir(t *testing.T) {
	for _, c := range []struct {
		system  string
		environ map[string]string
		want    string // empty: an error that says how to go on
	}{
		{system: "linux", environ: map[string]string{"HOME": "/home/me"}, want: "/home/me/.local/state/imapform"},
		{system: "freebsd", environ: map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": ""}, want: "/home/me/.local/state/imapform"},
		{system: "linux", environ: map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "/state"}, want: "/state/imapform"},
		{system: "linux", environ: map[string]string{"XDG_STATE_HOME": "/state"}, want: "/state/imapform"},
		{system: "linux", environ: map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "state"}, want: "/home/me/.local/state/imapform"},
		{system: "linux", environ: map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "/state", "IMAPFORM_STATE_DIR": "/here/"}, want: "/here"},
		{system: "darwin", environ: map[string]string{"HOME": "/Users/me"}, want: "/Users/me/Library/Application Support/imapform"},
		{system: "darwin", environ: map[string]string{"HOME": "/Users/me", "XDG_STATE_HOME": "/state"}, want: "/state/imapform"},
		{system: "windows", environ: map[string]string{"HOME": "/home/me", "LOCALAPPDATA": "/local"}, want: "/local/imapform"},
		{system: "linux", environ: map[string]string{"IMAPFORM_STATE_DIR": "here", "HOME": "/home/me"}},
		{system: "linux", environ: map[string]string{"HOME": "home"}},
		{system: "linux"},
		{system: "windows", environ: map[string]string{"HOME": "/home/me"}},
	} {
		got, err := kept.dirOn(c.system, c.environ)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), "IMAPFORM_STATE_DIR") {
				t.Errorf("%s, %v: %q, %v", c.system, c.environ, got, err)
			}
			continue
		}
		if err != nil || filepath.ToSlash(got) != c.want {
			t.Errorf("%s, %v: %q, %v; want %q", c.system, c.environ, got, err, c.want)
		}
	}
}

// What may be forgotten has a place of its own.
func TestCacheDir(t *testing.T) {
	for _, c := range []struct {
		system  string
		environ map[string]string
		want    string // empty: an error that says how to go on
	}{
		{system: "linux", environ: map[string]string{"HOME": "/home/me", "XDG_STATE_HOME": "/state"}, want: "/home/me/.cache/imapform"},
		{system: "linux", environ: map[string]string{"HOME": "/home/me", "XDG_CACHE_HOME": "/cache"}, want: "/cache/imapform"},
		{system: "linux", environ: map[string]string{"XDG_CACHE_HOME": "/cache", "IMAPFORM_CACHE_DIR": "/here/"}, want: "/here"},
		{system: "darwin", environ: map[string]string{"HOME": "/Users/me"}, want: "/Users/me/Library/Caches/imapform"},
		{system: "windows", environ: map[string]string{"LOCALAPPDATA": "/local"}, want: "/local/imapform/cache"},
		{system: "linux", environ: map[string]string{"IMAPFORM_CACHE_DIR": "here", "HOME": "/home/me"}},
		{system: "linux", environ: map[string]string{"HOME": "home"}},
	} {
		got, err := forgettable.dirOn(c.system, c.environ)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), "IMAPFORM_CACHE_DIR") {
				t.Errorf("%s, %v: %q, %v", c.system, c.environ, got, err)
			}
			continue
		}
		if err != nil || filepath.ToSlash(got) != c.want {
			t.Errorf("%s, %v: %q, %v; want %q", c.system, c.environ, got, err, c.want)
		}
	}
}
