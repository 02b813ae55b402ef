package server

import "github.com/imapform/imapform/internal/mailbox"

// A progress tells how far the reading of a folder has come: every so many messages, and
// after each part.
type progress struct {
	tell func(Progress) // nil: nobody wants to know
	now  Progress
	done int // messages of the parts that were read
}

const progressEvery = 1000

func (s *Session) progress(folder mailbox.Name, parts []part) *progress {
	p := &progress{tell: s.options.Progress, now: Progress{Folder: folder}}
	for _, part := range parts {
		p.now.Of += int(part.want)
	}
	return p
}

// row counts a message.
func (p *progress) row() {
	if p.now.Messages++; p.now.Messages%progressEvery == 0 {
		p.say()
	}
}

// parts counts parts to their ends: of their messages some may be gone.
func (p *progress) parts(of []part) {
	for _, part := range of {
		p.done += int(part.want)
	}
	p.now.Messages = p.done
	p.say()
}

func (p *progress) say() {
	if p.tell != nil {
		p.tell(p.now)
	}
}
