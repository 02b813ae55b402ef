package server

import (
	"cmp"
	"slices"
	"strings"
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
	octets  int           // that notices take
	limit   int           // of octets; 0: maxHeard
	missed  bool          // there was more than can be kept

	refused chan wire.Notice // is told of a login that is refused; nil: nobody asks
}

func (h *heard) notice(n wire.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n = shortened(n)
	if n.Kind == wire.StatusResponse {
		h.tellRefused(n)
		if h.first == nil {
			h.first = &n
		}
		if n.Type == "BYE" {
			h.bye = &n
		}
	}
	if h.octets += octetsOf(n); h.octets > cmp.Or(h.limit, maxHeard) {
		h.missed = true
		return
	}
	h.notices = append(h.notices, n)
}

// These bound what a server can have kept that talks without end.
const (
	maxHeard = 128 << 20 // octets of all notices of one command
	maxKept  = 4 << 10   // octets of a text
)

// shortened cuts what only people read. The arguments of two codes are read to their
// end; what of the others is as long cannot be read anyway.
func shortened(n wire.Notice) wire.Notice {
	for _, text := range []*string{&n.Text, &n.Item, &n.Why, &n.Line} {
		*text = cut(*text)
	}
	if n.Code != "COPYUID" && n.Code != "PERMANENTFLAGS" {
		n.Arguments = cut(n.Arguments)
	}
	return n
}

func cut(text string) string {
	if len(text) <= maxKept {
		return text
	}
	return strings.Clone(text[:maxKept]) + "…" // without the rest in memory
}

// octetsOf estimates the memory that a notice takes.
func octetsOf(n wire.Notice) int {
	const structure = 300
	octets := structure + len(n.Text) + len(n.Item) + len(n.Why) + len(n.Line) + len(n.Arguments) + len(n.Code)
	if n.Copied != nil {
		octets += 4 * (len(n.Copied.Source) + len(n.Copied.Dest))
	}
	return octets
}

// refusals returns where the refusal of a login that begins now is told.
func (h *heard) refusals() <-chan wire.Notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = make(chan wire.Notice, 1)
	return h.refused
}

func (h *heard) tellRefused(n wire.Notice) {
	if n.Tag == "" || n.Type == "OK" || n.Command != "LOGIN" && n.Command != "AUTHENTICATE" {
		return
	}
	select {
	case h.refused <- n:
	default: // nobody asks, or somebody knows
	}
}

// all says whether everything since the command began was kept.
func (h *heard) all() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.missed
}

// forget begins a command.
func (h *heard) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices, h.octets, h.missed = nil, 0, false
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

// greeting is the text of the server's greeting.
func (h *heard) greeting() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.first == nil {
		return ""
	}
	return h.first.Text
}

// goodbye is the code of a BYE, and its text without the secrets.
func (h *heard) goodbye(secrets ...string) (code, text string, said bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bye == nil {
		return "", "", false
	}
	return strings.ToUpper(h.bye.Code), safe(without(h.bye.Text, secrets...)), true
}
