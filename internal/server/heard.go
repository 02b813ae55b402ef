package server

import (
	"slices"
	"sync"

	"github.com/imapform/imapform/internal/server/wire"
)

// heard is what the server said that the library does not pass on. It is told by
// the connection's reader, before the command is answered of which it is part.
type heard struct {
	mu      sync.Mutex
	first   *wire.Notice  // the greeting
	bye     *wire.Notice  // the last BYE
	notices []wire.Notice // since the last command began
}

func (h *heard) notice(n wire.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.Kind == wire.StatusResponse {
		if h.first == nil {
			h.first = &n
		}
		if n.Type == "BYE" {
			h.bye = &n
		}
	}
	if len(h.notices) < maxNotices {
		h.notices = append(h.notices, n)
	}
}

// maxNotices bounds what a server can have kept that talks without end.
const maxNotices = 100_000

// forget begins a command.
func (h *heard) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = nil
}

// since returns what was told of these kinds since the command began.
func (h *heard) since(kinds ...wire.Kind) []wire.Notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []wire.Notice
	for _, n := range h.notices {
		if slices.Contains(kinds, n.Kind) {
			found = append(found, n)
		}
	}
	return found
}

// code returns the last response code of that name since the command began.
func (h *heard) code(name string) (wire.Notice, bool) {
	all := h.since(wire.StatusResponse)
	for _, n := range slices.Backward(all) {
		if n.Code == name {
			return n, true
		}
	}
	return wire.Notice{}, false
}

// greeting is the text of the server's greeting.
func (h *heard) greeting() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first == nil {
		return ""
	}
	return h.first.Text
}

// goodbye is the text of a BYE.
func (h *heard) goodbye() (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bye == nil {
		return "", false
	}
	return safe(h.bye.Text), true
}
