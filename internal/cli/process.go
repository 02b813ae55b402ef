package cli

import (
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-colorable"
	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// Process is the Env of this process. From then on interrupts do not end the
// process by themselves.
func Process() Env {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	dir, err := os.Getwd()
	if err != nil {
		dir = "." // what is opened there says what is wrong
	}
	return Env{
		Stdin:          os.Stdin,
		Stdout:         colorable.NewColorable(os.Stdout),
		Stderr:         colorable.NewColorable(os.Stderr),
		StdinTerminal:  isTerminal(os.Stdin),
		StdoutTerminal: isTerminal(os.Stdout),
		StderrTerminal: isTerminal(os.Stderr),
		Width:          terminalWidth(),
		Environ:        os.Environ(),
		Dir:            dir,
		Now:            time.Now,
		Signals:        signals,
		Version:        buildVersion(),
		Program:        programIdentity(),
	}
}

func isTerminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

func terminalWidth() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// buildVersion is the version that the Go command recorded, without its "v";
// "0.1.0-dev" for a build from a work tree.
func buildVersion() string {
	const development = "0.1.0-dev"
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" || strings.HasPrefix(info.Main.Version, "v0.0.0-") {
		return development
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}
