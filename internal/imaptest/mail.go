package imaptest

import (
	"fmt"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
)

// Mail makes n messages such as people really get: from persons, mailing lists, shops and machines, some with
// attachments, encoded subjects and folded fields, spread over the two years before now. Equal seeds give equal mail, of
// which the first messages do not depend on n; no two are alike.
func Mail(seed uint64, n int, now time.Time) []Message {
	g := generator{rand.New(rand.NewPCG(seed, 0x696d6170)), now.Truncate(time.Second).UTC()}
	messages := make([]Message, n)
	for i := range messages {
		messages[i] = g.message(seed, i)
	}
	return messages
}

// Text makes a plain message. Fields are more header fields, such as "List-Id: <go.example.org>".
func Text(from, to, subject string, date time.Time, fields ...string) Message {
	header := []string{
		"Date: " + date.Format(time.RFC1123Z),
		"From: " + from,
		"To: " + to,
		"Subject: " + mime.QEncoding.Encode("utf-8", subject),
		fmt.Sprintf("Message-ID: <%s@imaptest.example>", Hash([]byte(from + "\n" + to + "\n" + subject + "\n" + date.String()))[:16]),
	}
	return compose(date, append(header, fields...), "Hello,\r\n\r\nthis is about "+mime.QEncoding.Encode("utf-8", subject)+".\r\n")
}

// compose joins a message.
func compose(date time.Time, header []string, body string) Message {
	return Message{Date: date, Body: []byte(strings.Join(header, "\r\n") + "\r\n\r\n" + body)}
}

// A generator makes mail up.
type generator struct {
	*rand.Rand
	now time.Time
}

// pick takes one of several at random.
func (g generator) pick(from []string) string { return from[g.IntN(len(from))] }

// A correspondent is where mail comes from, what it is about and what its header says besides.
type correspondent struct {
	weight   int // of a hundred
	from, to []string
	subjects []string
	fields   []string
	seen     int // of a hundred messages
	format   func(g generator, text string) (fields []string, body string)
}

const me = "Ada Example <ada@example.org>"

// correspondents is a person's mail as it comes. Their weights add up to a hundred.
var correspondents = []correspondent{
	{
		weight:   30,
		from:     []string{"Grace Hopper <grace@example.com>", `"Müller, Jörg" <joerg@example.de>`, "bob@example.net", "Søren Ø. <soren@example.dk>", "=?utf-8?q?Ren=C3=A9e?= <renee@example.fr>"},
		to:       []string{me, "ada@example.org", me + ",\r\n Bob <bob@example.net>"},
		subjects: []string{"Lunch on %s?", "Re: the plan for %s", "Fotos vom %s", "Grüße aus Köln, %s", "Rechnung für %s – bitte prüfen", "会議の議事録 %s", "Fwd: Re: Re: AW: minutes of %s"},
		seen:     80,
		format:   plain,
	},
	{
		weight:   25,
		from:     []string{"Carol <carol@example.edu>", "Dave via golang-nuts <golang-nuts@lists.example.org>", "erin@example.io"},
		to:       []string{"golang-nuts@lists.example.org", "Go <golang-nuts@lists.example.org>"},
		subjects: []string{"[go-nuts] Generics and %s", "Re: [go-nuts] Generics and %s", "[go-nuts] proposal: %s"},
		fields:   []string{"List-Id: Go users\r\n <golang-nuts.lists.example.org>", "List-Unsubscribe: <mailto:golang-nuts-leave@lists.example.org>", "Precedence: list"},
		seen:     40,
		format:   quoted,
	},
	{
		weight:   15,
		from:     []string{"Debian BTS <owner@bugs.example.org>"},
		to:       []string{"debian-devel@lists.example.org"},
		subjects: []string{"Bug#10%s: fails to build", "Accepted imapform %s (source)"},
		fields:   []string{"List-Id: <debian-devel.lists.example.org>", "X-Loop: owner@bugs.example.org", "Auto-Submitted: auto-generated"},
		seen:     20,
		format:   plain,
	},
	{
		weight:   15,
		from:     []string{"Example Shop <news@shop.example>", "The Daily Example <newsletter@daily.example>"},
		to:       []string{me},
		subjects: []string{"🎉 %s only: 20 %% off everything", "Your week in review: %s", "Ihr Newsletter für %s"},
		fields:   []string{"List-Unsubscribe: <https://shop.example/u/1>, <mailto:leave@shop.example>", "List-Id: Shop news <news.shop.example>"},
		seen:     10,
		format:   hypertext,
	},
	{
		weight:   10,
		from:     []string{"GitHub <notifications@github.example>", "CI <ci@build.example>"},
		to:       []string{"Ada Example <ada@noreply.github.example>"},
		subjects: []string{"[example/imapform] Run failed: %s", "Re: [example/imapform] Rules for %s (#12)"},
		fields:   []string{"List-Id: example/imapform <imapform.example.github.example>", "X-GitHub-Reason: subscribed", "Cc: Subscribed <subscribed@noreply.github.example>"},
		seen:     50,
		format:   plain,
	},
	{
		weight:   5,
		from:     []string{"Accounts <billing@host.example>"},
		to:       []string{me},
		subjects: []string{"Invoice %s"},
		fields:   []string{"Reply-To: support@host.example", "X-Priority: 1"},
		seen:     70,
		format:   attached,
	},
}

// topics fill in the subjects.
var topics = []string{"Monday", "Tuesday", "March", "the garden", "type sets", "escape analysis", "2.0.1", "4711", "Zürich", "café"}

// message makes the i-th message.
func (g generator) message(seed uint64, i int) Message {
	c := g.correspondent()
	date := g.now.Add(-time.Duration(g.Int64N(int64(2 * 365 * 24 * time.Hour)))).Truncate(time.Second)
	zone := time.FixedZone("", 3600*(g.IntN(20)-9))
	subject := fmt.Sprintf(g.pick(c.subjects), g.pick(topics))
	id := fmt.Sprintf("<%x.%d@mail.example.org>", seed, i)
	header := []string{
		"Return-Path: <bounce@example.org>",
		"Received: from mx.example.org (mx.example.org [192.0.2.1])\r\n\tby mail.example.org with ESMTPS; " + date.Format(time.RFC1123Z),
		"Date: " + date.In(zone).Format("Mon, _2 Jan 2006 15:04:05 -0700"),
		"From: " + encodeField(g.pick(c.from)),
		"To: " + g.pick(c.to),
		"Subject: " + encodeField(subject),
		"Message-ID: " + id,
	}
	fields, body := c.format(g, subject+"\r\n\r\n"+g.prose())
	header = append(append(header, c.fields...), append([]string{"MIME-Version: 1.0"}, fields...)...)
	m := compose(date.In(zone), header, body)
	m.Flags = g.flags(c)
	return m
}

// correspondent takes one by weight.
func (g generator) correspondent() correspondent {
	n := g.IntN(100)
	for _, c := range correspondents {
		if n -= c.weight; n < 0 {
			return c
		}
	}
	panic("imaptest: the weights do not add up to a hundred")
}

// flags are what a person does to a message.
func (g generator) flags(c correspondent) []string {
	var flags []string
	if g.IntN(100) < c.seen {
		flags = append(flags, `\Seen`)
		if g.IntN(8) == 0 {
			flags = append(flags, `\Answered`)
		}
	}
	if g.IntN(20) == 0 {
		flags = append(flags, `\Flagged`)
	}
	if g.IntN(25) == 0 {
		flags = append(flags, "$Label1")
	}
	return flags
}

// encodeField makes encoded words of what is not ASCII, sometimes in the B encoding.
func encodeField(s string) string {
	if i := strings.LastIndexByte(s, '<'); i > 0 {
		name := strings.Trim(strings.TrimSpace(s[:i]), `"`)
		encoded := mime.BEncoding.Encode("utf-8", name) // the Q encoding would leave a comma as it is
		if encoded == name {
			return s
		}
		return encoded + " " + s[i:]
	}
	if len(s)%2 == 0 {
		return strings.ReplaceAll(mime.BEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
	}
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
}

// sentences are what mail says.
var sentences = []string{
	"Thank you for the quick answer.", "I have put the numbers into the table.", "Could you have a look before Friday?",
	"Das können wir gerne so machen.", "The build has been green since yesterday.", "See you at the usual place.",
	"We never ask for your password.", "Merci beaucoup, à bientôt !",
}

// prose is some paragraphs.
func (g generator) prose() string {
	var b strings.Builder
	for range 1 + g.IntN(6) {
		for range 1 + g.IntN(4) {
			b.WriteString(g.pick(sentences) + "\r\n")
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// plain is text as 8 bits.
func plain(_ generator, text string) ([]string, string) {
	return []string{"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"}, text
}

// quoted is text that quotes another message.
func quoted(g generator, text string) ([]string, string) {
	return plain(g, "On Monday Bob wrote:\r\n> "+strings.ReplaceAll(strings.TrimSpace(g.prose()), "\r\n", "\r\n> ")+"\r\n\r\n"+text)
}

// hypertext is text with an alternative in HTML.
func hypertext(_ generator, text string) ([]string, string) {
	var html strings.Builder
	w := quotedprintable.NewWriter(&html)
	fmt.Fprintf(w, "<html><body><p>%s</p></body></html>\r\n", strings.ReplaceAll(text, "\r\n\r\n", "</p>\r\n<p>"))
	w.Close() // a strings.Builder takes everything
	return multipart("alternative",
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+text,
		"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+html.String())
}

// attached is text with a file.
func attached(g generator, text string) ([]string, string) {
	var file strings.Builder
	for range 5 + g.IntN(40) {
		for range 60 {
			file.WriteByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[g.IntN(64)])
		}
		file.WriteString("\r\n")
	}
	return multipart("mixed",
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"+text,
		"Content-Type: application/pdf; name=\"invoice.pdf\"\r\nContent-Disposition: attachment; filename=\"invoice.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+file.String())
}

// multipart joins parts.
func multipart(kind string, parts ...string) ([]string, string) {
	const boundary = "=_imaptest"
	body := "This is a message with several parts.\r\n"
	for _, part := range parts {
		body += "--" + boundary + "\r\n" + part + "\r\n"
	}
	return []string{"Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\""}, body + "--" + boundary + "--\r\n"
}
