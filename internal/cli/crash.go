package cli

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// crashed tells of a panic, which is a bug, and returns the status for it. It must
// be called by the function that recovers. Of what panicked it shows nothing but
// the places in the source: values may be secret.
func (inv *invocation) crashed(value any) Status {
	inv.fail(bug(value))
	status := inv.interruptedStatus()
	inv.endStream(status)
	return status
}

// bug is the problem that a panic is.
func bug(value any) *problem {
	detail := "Please report it with these places in the source, and with what you did: " + strings.Join(crashPlaces(), ", ") + "."
	if err, ok := value.(runtime.Error); ok {
		detail = fmt.Sprintf("It says: %s. %s", err, detail)
	}
	return &problem{"This is a bug in imapform", detail}
}

// crashPlaces are where the panic that is being recovered came from.
func crashPlaces() []string {
	const most = 6
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var places []string
	panicked := false
	for {
		frame, more := frames.Next()
		switch {
		case frame.Function == "runtime.gopanic":
			panicked, places = true, nil
		case panicked && !strings.HasPrefix(frame.Function, "runtime."):
			places = append(places, fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line))
		}
		if !more || len(places) == most {
			return places
		}
	}
}
