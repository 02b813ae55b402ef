package imaptest

import (
	"fmt"
	"strings"
	"time"
)

// A Specimen is a message whose parts are put together in a way of their own.
type Specimen struct {
	Name    string
	Odd     bool // broken or hostile: what it is made of is a matter of opinion
	Message Message
}

// Specimens are messages whose parts are told by BODYSTRUCTURE: as people send them, and Odd ones. No two have the same
// date.
func Specimens() []Specimen {
	all := make([]Specimen, len(specimens))
	for i, s := range specimens {
		date := time.Date(2026, 1, 1, 10, 0, i, 0, time.UTC)
		text := fmt.Sprintf("From: Ada <ada@example.org>\nTo: me@example.org\nSubject: %s\nMessage-ID: <specimen.%d@example.org>\nDate: %s\n%s",
			s.name, i, date.Format(time.RFC1123Z), s.raw)
		all[i] = Specimen{s.name, s.odd, Message{Date: date, Body: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}}
	}
	return all
}

// raw is the rest of the header, and the body.
var specimens = []struct {
	name, raw string
	odd       bool
}{
	{name: "plain", raw: "\nHello.\n"},
	{name: "nothing", raw: "\n"},
	{name: "Latin-1", raw: "MIME-Version: 1.0\nContent-Type: text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe aus K=F6ln, und so=\nweiter\n"},
	{name: "HTML in base64", raw: "MIME-Version: 1.0\nContent-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: base64\n\n" +
		"PGh0bWw+PGJvZHk+PHA+R3LDvMOfZSA8Yj5hdXM8L2I+IEvDtmxuPC9wPjxzY3JpcHQ+dmFyIGdl\naGVpbTwvc2NyaXB0PjwvYm9keT48L2h0bWw+\n"},
	{name: "alternative", raw: "MIME-Version: 1.0\nContent-Type: multipart/alternative;\n\tboundary=\"=_a b\"\n\npreamble\n--=_a b\n" +
		"Content-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: quoted-printable\n\nF=C3=BCnf und \nsechs\n--=_a b\n" +
		"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>F=C3=BCnf und<br>sechs</p>\n--=_a b--\nepilogue\n"},
	{name: "attachments", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n" +
		"Content-Transfer-Encoding: base64\n\nQW5iZWkgZGllIFJlY2hudW5nLgo=\n--b\nContent-Type: application/pdf; name=\"=?utf-8?q?=C3=9Cbersicht=2Epdf?=\"\n" +
		"Content-Disposition: attachment; filename=\"=?utf-8?q?=C3=9Cbersicht=2Epdf?=\"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--b\n" +
		"Content-Type: image/png\nContent-Disposition: attachment;\n filename*0*=utf-8''F%C3%BC;\n filename*1*=nf%20Bilder;\n filename*2=\".png\"\n" +
		"Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b\nContent-Type: text/plain; name=notes.txt\nContent-Disposition: attachment; filename=notes.txt\n\nsecret notes\n--b--\n"},
	{name: "related", raw: "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=r; type=\"multipart/alternative\"\n\n--r\n" +
		"Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/plain\n\nwords\n--a\nContent-Type: text/html\n\n<img src=\"cid:1\">words\n--a--\n--r\n" +
		"Content-Type: image/gif; name=\"logo (1).gif\"\nContent-Disposition: inline\nContent-ID: <1>\nContent-Transfer-Encoding: base64\n\nR0lGODlh\n--r--\n"},
	{name: "forwarded", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n" +
		"From: bob@example.net\nSubject: inner\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n--c\nContent-Type: text/plain; charset=utf-8\n" +
		"Content-Transfer-Encoding: quoted-printable\n\ninnere W=C3=B6rter\n--c\nContent-Type: application/zip; name=\"a.zip\"\nContent-Disposition: attachment\n" +
		"Content-Transfer-Encoding: base64\n\nUEsDBA==\n--c--\n--b--\n"},
	{name: "attached message", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee there\n--b\n" +
		"Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"mail.eml\"\n\nFrom: bob@example.net\nSubject: inner\n\nattached words\n--b--\n"},
	{name: "forwarded twice", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nouter\n--b\nContent-Type: message/rfc822\n\n" +
		"Subject: one\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nmiddle\n--c\nContent-Type: message/rfc822\n\nSubject: two\n\ninnermost\n--c--\n--b--\n"},
	{name: "digest", raw: "MIME-Version: 1.0\nContent-Type: multipart/digest; boundary=d\n\n--d\n\nFrom: a@example.org\nSubject: one\n\nfirst\n--d\n\nFrom: b@example.org\nSubject: two\n\nsecond\n--d--\n"},
	{name: "report", raw: "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt could not be delivered.\n--b\n" +
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; example.org\n\nAction: failed\n--b\nContent-Type: text/rfc822-headers\n\nSubject: lost\n--b--\n"},
	{name: "a message is the whole", raw: "MIME-Version: 1.0\nContent-Type: message/rfc822\n\nFrom: bob@example.net\nSubject: inner\n\nwords inside\n"},

	{odd: true, name: "no MIME-Version", raw: "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: text/html\n\n<b>more</b>\n--b--\n"},
	{odd: true, name: "no boundary", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\n--b\n\nwords\n--b--\n"},
	{odd: true, name: "a boundary that never stands", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\nwords\n"},
	{odd: true, name: "no end", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: text/html\n\n<b>more</b>\n"},
	{odd: true, name: "an inner part without its end", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\nwords\n--b\n\nmore\n--b--\n"},
	{odd: true, name: "parts without anything", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b--\n"},
	{odd: true, name: "a type that is none", raw: "MIME-Version: 1.0\nContent-Type: pdf; name=\"a.pdf\"\n\nwords\n"},
	{odd: true, name: "an empty type", raw: "MIME-Version: 1.0\nContent-Type:\n\nwords\n"},
	{odd: true, name: "two types", raw: "MIME-Version: 1.0\nContent-Type: text/html\nContent-Type: text/plain\n\nwords\n"},
	{odd: true, name: "a raw name", raw: "MIME-Version: 1.0\nContent-Type: application/pdf; name=\"Übersicht \\\"1\\\".pdf\"\n\nPDF\n"},
	{odd: true, name: "a name without quotes", raw: "MIME-Version: 1.0\nContent-Type: application/pdf; name=My invoice (1).pdf\n\nPDF\n"},
	{odd: true, name: "an unknown encoding", raw: "MIME-Version: 1.0\nContent-Type: text/plain\nContent-Transfer-Encoding: x-rot13\n\njbeqf\n"},
	{odd: true, name: "an unknown charset", raw: "MIME-Version: 1.0\nContent-Type: text/plain; charset=klingon\n\nwords\n"},
	{odd: true, name: "an encoded message", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: message/rfc822\n" +
		"Content-Transfer-Encoding: base64\n\nU3ViamVjdDogYQoKaW5uZXIgd29yZHMK\n--b--\n"},
	{odd: true, name: "deep", raw: nested(40) + "\nwords\n"},
	{odd: true, name: "too deep", raw: nested(150) + "\nwords\n"},
	{odd: true, name: "too many", raw: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nwords\n", 1100) + "--b--\n"},
	{odd: true, name: "a long name", raw: "MIME-Version: 1.0\nContent-Type: application/pdf;\n name=\"" + strings.Repeat("long ", 2000) + "\"\n\nPDF\n"},
}

// nested is the beginning of a multipart in multiparts.
func nested(depth int) string {
	var b strings.Builder
	b.WriteString("MIME-Version: 1.0\n")
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%dx\n\n--b%dx\n", i, i)
	}
	return b.String()
}
