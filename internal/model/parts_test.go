package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

func TestParts(t *testing.T) {
	const html = "<p>gr=C3=BCn</p>"
	quoted := []string{"Subject: =?utf-8?q?bl=C3=A4u?=\r\n\tlich", "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"}
	for name, c := range map[string]struct {
		mail        model.Mail
		body, field message.Verdict // "grün" in the texts, "bläu lich" in these or the header
		leaves      int
	}{
		"a header alone":   {model.Mail{Header: []string{"Subject: grün"}}, message.Fails, message.Fails, 1},
		"text":             {model.Mail{Header: quoted, Body: html}, message.Passes, message.Passes, 1},
		"another text":     {model.Mail{Header: quoted, Body: "red"}, message.Fails, message.Passes, 1},
		"an odd charset":   {model.Mail{Header: []string{"Content-Type: text/plain; charset=klingon"}, Body: "red"}, message.Unreadable, message.Unreadable, 1},
		"nothing to read":  {model.Mail{Header: []string{"Content-Type: image/png"}, Body: "red"}, message.Fails, message.Fails, 1},
		"too many parts":   {model.Mail{Header: []string{"Content-Type: multipart/mixed; boundary=b"}, Body: strings.Repeat("--b\r\n\r\ngrün\r\n", 2000)}, message.Unreadable, message.Unreadable, 0},
		"a part of two":    {model.Mail{Header: []string{"Content-Type: multipart/mixed; boundary=b"}, Body: "--b\r\n\r\nred\r\n--b\r\n\r\nbläu lich grün\r\n"}, message.Passes, message.Passes, 2},
		"a broken header":  {model.Mail{Header: []string{"Subject: " + strings.Repeat("a", 2<<20)}, Body: "red"}, message.Unreadable, message.Unreadable, 0},
		"an empty message": {model.Mail{}, message.Fails, message.Fails, 1},
	} {
		a := model.New(model.Variant{})
		a.Deliver("INBOX", c.mail)
		green := &message.TextTest{Passes: func(text message.Text) bool { return strings.Contains(text.Plain, "grün") }}
		blue := &message.TextTest{Passes: func(text message.Text) bool { return strings.Contains(text.Plain, "bläu lich") }, Header: true}
		q := plan.Question{Folder: "INBOX", Fetch: message.Parts{Structure: true, Texts: []*message.TextTest{green, blue}}}
		told := 0
		if _, err := a.Answer(t.Context(), q, func(m *message.Message) {
			told++
			leaves := 0
			if m.Structure != nil {
				for range m.Structure.Leaves() {
					leaves++
				}
			}
			got := fmt.Sprint(m.Texts[green], m.Texts[blue], leaves)
			if want := fmt.Sprint(c.body, c.field, c.leaves); got != want || !m.Known.Covers(q.Fetch) {
				t.Errorf("%s: verdicts and leaves %s, want %s", name, got, want)
			}
		}); err != nil || told != 1 {
			t.Errorf("%s: told %d, %v", name, told, err)
		}
	}
}
