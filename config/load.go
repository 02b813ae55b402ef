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

// sourceOf is the text that a range spans; nil if it is in none of the files.
func (f Files) sourceOf(at hcl.Range) []byte {
	file := f[at.Filename]
	if file == nil || !at.CanSliceBytes(file.Bytes) {
		return nil
	}
	return at.SliceBytes(file.Bytes)
}

// Load reads the configuration of a directory. The diagnostics hold everything
// that is wrong with it, each problem once, in the order of the source; with
// errors among them the Config is nil. A value in a diagnostic's EvalContext that
// is or contains a marked one comes from a sensitive variable: it must not be
// shown. Load uses no network and runs no password_command.
func Load(src Source) (*Config, Files, hcl.Diagnostics) {
	l := newLoader(src)
	files, ok := l.take(readConfigFiles(src.Dir, ""))
	if !ok {
		return loaded[Config](l, nil) // what a broken file declares would seem to be missing
	}
	return loaded(l, l.loadWhole(files))
}

// take notes files that were read; false if not all of them could be.
func (l *loader) take(files Files, diags hcl.Diagnostics) (Files, bool) {
	maps.Copy(l.files, files)
	l.report.addAll(diags)
	return files, !diags.HasErrors()
}

// loaded is what loading came to: nothing but the files and what is wrong, if there
// are errors.
func loaded[T any](l *loader, made *T) (*T, Files, hcl.Diagnostics) {
	diags := l.problems.all()
	if diags.HasErrors() {
		made = nil
	}
	return made, l.files, diags
}

// loadWhole loads the configuration itself from its files.
func (l *loader) loadWhole(files Files) *Config {
	l.read(files)
	l.given = l.readValues()
	l.resolveAll()
	cfg := l.assemble()
	cfg.inputs = l.endInputs()
	return cfg
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
