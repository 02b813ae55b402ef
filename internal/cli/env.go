package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/server"
)

// Env is all that a run knows of the process and the machine.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Whether these streams are a terminal: colour, samples, and questions hang on
	// it.
	StdinTerminal, StdoutTerminal, StderrTerminal bool

	Width   int              // of the terminal in columns; 0: unknown
	Environ []string         // as os.Environ
	Dir     string           // the directory to run in
	Now     func() time.Time // the clock
	Signals <-chan os.Signal // interrupts; nil: none come
	Version string           // of this program: "0.1.0"
	Program string           // tells it from every other build; empty: that cannot be told

	// Dial connects to an account. Nil: server.Dial.
	Dial func(ctx context.Context, a *config.Account, o server.Options) (Session, error)
}

// environ is the environment as a map; of a name given twice, the last counts, as
// for the C library's programs.
func (e Env) environ() map[string]string {
	all := make(map[string]string, len(e.Environ))
	for _, entry := range e.Environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			all[name] = value
		}
	}
	return all
}

// colour says whether a stream is to be coloured.
func colour(environ map[string]string, terminal bool) bool {
	switch {
	case environ["NO_COLOR"] != "" || environ["TERM"] == "dumb":
		return false
	case environ["FORCE_COLOR"] != "" && environ["FORCE_COLOR"] != "0":
		return true
	default:
		return terminal
	}
}
