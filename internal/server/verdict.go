package server

import (
	"strings"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// texts are those of one message.
type texts struct {
	message *message.Message
	tests   []*message.TextTest      // those that hang on what is read
	due     map[string]*message.Part // by the section in upper case; nil: the header
}

// judgePart runs the tests on a part. One that is shorter than its structure says may
// have been cut off, and no part of a text may pass for all of it.
func (t *texts) judgePart(p *message.Part, value wire.Value) {
	if value.Kind != wire.String || int64(len(value.Text)) < p.Size {
		t.unreadable(anyTest)
		return
	}
	text, err := message.ReadText(p, strings.NewReader(value.Text), maxPart)
	if err != nil {
		t.unreadable(anyTest)
		return
	}
	t.judge(message.TextOf(text), anyTest)
}

// judgeHeader runs the tests of headers on each field.
func (t *texts) judgeHeader(value wire.Value) {
	if value.Kind != wire.String {
		t.unreadable(headerTest)
		return
	}
	if header, _ := message.ParseHeader([]byte(value.Text)); header.Broken() {
		t.unreadable(headerTest)
		return
	}
	for f := range fields(value.Text) {
		t.judge(f.Text(), headerTest)
	}
}

func anyTest(*message.TextTest) bool      { return true }
func headerTest(t *message.TextTest) bool { return t.Header }

func (t *texts) judge(text message.Text, which func(*message.TextTest) bool) {
	for _, test := range t.tests {
		if which(test) && t.message.Texts[test] != message.Passes && test.Passes(text) {
			t.message.Texts[test] = message.Passes
		}
	}
}

func (t *texts) unreadable(which func(*message.TextTest) bool) {
	for _, test := range t.tests {
		if which(test) && t.message.Texts[test] != message.Passes {
			t.message.Texts[test] = message.Unreadable
		}
	}
}
