package config

import (
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// A Source is where a configuration comes from.
type Source struct {
	Dir     string            // the directory of the configuration
	Environ map[string]string // the process's environment
	Vars    []VarSource       // -var and -var-file, in the order given

	// Now is the run's one clock, for plantimestamp; zero: that is unknown.
	Now time.Time

	// Version is this program's, for required_version; empty: not judged.
	Version string

	// Incomplete says that variables may have no value: they are unknown then, and
	// what hangs on them is not checked. The Config of such a load serves for its
	// diagnostics, and for tests (LoadTests), which say what they miss.
	Incomplete bool
}

// A VarSource is one -var or -var-file of the command line.
type VarSource struct {
	Name, Value string // -var name=value
	File        string // -var-file, relative to the directory; Name and Value are empty
}

// Files are the source texts that were read, by the file names that ranges have:
// for showing the lines that a diagnostic marks. Files of variable values are not
// among them: no line of theirs is ever shown, since it may hold a secret.
type Files map[string]*hcl.File

// Load reads the configuration of a directory. The diagnostics hold everything
// that is wrong with it, each problem once, in the order of the source; with
// errors among them the Config is nil. A value in a diagnostic's EvalContext that
// is or contains a marked one comes from a sensitive variable: it must not be
// shown. Load uses no network and runs no password_command.
func Load(src Source) (*Config, Files, hcl.Diagnostics) {
	shared := newLoading(src)
	files, diags := readConfigFiles(src.Dir, "")
	maps.Copy(shared.files, files)
	if diags.HasErrors() {
		return nil, files, sorted(diags) // what a broken file declares would seem to be missing
	}
	l := shared.newLoader(src.Dir, src.Now)
	cfg := l.loadWhole(files)
	if shared.problems.diags.HasErrors() {
		cfg = nil
	}
	return cfg, shared.files, sorted(shared.problems.diags)
}

// loadWhole loads the configuration itself from its files.
func (l *loader) loadWhole(files Files) *Config {
	l.read(files)
	l.given = l.readValues()
	l.resolveAll()
	return l.assemble()
}

// read takes what the files of the loader's directory declare.
func (l *loader) read(files Files) {
	for _, name := range sortedKeys(files) {
		blocks := l.readRoot(files[name].Body)
		if strings.HasSuffix(name, ".json") {
			l.checkJSONOrder(files[name], blocks)
		}
		l.declare(blocks)
	}
	l.checkVersion()
}
