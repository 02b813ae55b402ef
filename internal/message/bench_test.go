package message

import (
	"strings"
	"testing"
)

// benchBlock is what is read of a message as people get them.
var benchBlock = []byte(strings.Join([]string{
	"Date: Mon, 17 Mar 2025 09:12:44 +0100", "From: Dave via golang-nuts <golang-nuts@lists.example.org>", "To: golang-nuts@lists.example.org",
	"Subject: Re: [go-nuts] Generics and escape analysis", "Message-ID: <7.41371@mail.example.org>",
	"List-Id: Go users", " <golang-nuts.lists.example.org>", "", "",
}, "\r\n"))

func BenchmarkParseHeader(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if h, err := ParseHeader(benchBlock); err != nil || len(h.fields) != 6 {
			b.Fatal(h, err)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	for name, value := range map[string]string{
		"plain": " Re: [go-nuts] Generics and escape analysis\r\n",
		"Q":     " =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln,_escape_analysis?=\r\n",
		"B":     " =?UTF-8?b?UmVjaG51bmcgZsO8ciBaw7xyaWNoIOKAkyBiaXR0ZSBwcsO8ZmVu?=\r\n",
		"CJK":   " =?utf-8?b?5Lya6K2w44Gu6K2w5LqL6Yyy?=\r\n =?utf-8?q?_escape_analysis?=\r\n",
		"8 bit": " Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln, escape analysis\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			var folded []byte
			wire := []byte(value)
			b.ReportAllocs()
			for b.Loop() {
				f := Field{value: wire}
				plain := false
				if folded, plain = f.AppendFold(folded[:0]); !plain && f.Text().Fold == "" {
					b.Fatal("nothing")
				}
			}
		})
	}
}

func BenchmarkAddresses(b *testing.B) {
	wire := []byte(" =?utf-8?q?Ren=C3=A9e?= <renee@example.fr>, Ada Example <ada@example.org>,\r\n Bob <bob@example.net>\r\n")
	b.ReportAllocs()
	for b.Loop() {
		f := Field{value: wire}
		if all, ok := f.Addresses(); !ok || len(all) != 3 {
			b.Fatal(all)
		}
	}
}
