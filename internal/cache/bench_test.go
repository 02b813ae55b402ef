package cache

import (
	"os"
	"runtime"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
)

const many = 20_000

func manyMails(b *testing.B) []*message.Message {
	all := make([]*message.Message, many)
	for i := range all {
		var flags []imap.Flag
		if i%3 > 0 {
			flags = []imap.Flag{imap.FlagSeen}
		}
		all[i] = mail(b, imap.UID(2*i+1), flags...)
	}
	return all
}

var full = State{UIDValidity: 7, UIDNext: 2 * many, Messages: many, HighestModSeq: 9}

func BenchmarkWrite(b *testing.B) {
	a, all := open(b, b.TempDir()), manyMails(b)
	b.ReportAllocs()
	for b.Loop() {
		remember(b, a, "A", full, common(), all...)
	}
	perMessage(b)
	if info, err := os.Stat(a.path("A")); err == nil {
		b.ReportMetric(float64(info.Size())/many, "octets/message")
	}
}

func BenchmarkVerify(b *testing.B) {
	a := open(b, b.TempDir())
	remember(b, a, "A", full, common(), manyMails(b)...)
	b.ReportAllocs()
	for b.Loop() {
		f, ok := a.Folder("A")
		if !ok {
			b.Fatal("nothing is remembered")
		}
		f.Close()
	}
	perMessage(b)
}

func BenchmarkRows(b *testing.B) {
	a := open(b, b.TempDir())
	remember(b, a, "A", full, common(), manyMails(b)...)
	f := recall(b, a, "A")
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range f.Rows(common()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	perMessage(b)
}

// BenchmarkParse is what reading of headers alone costs.
func BenchmarkParse(b *testing.B) {
	block, _ := mail(b, 1).Header.AppendOctets(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := message.ParseHeader(block); err != nil {
			b.Fatal(err)
		}
	}
}

func perMessage(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/many, "ns/message")
}

// Of a folder of any size no more than a few messages, and its UIDs, are in memory.
func TestMemory(t *testing.T) {
	a := open(t, t.TempDir())
	base := heap()
	const most = 6 << 20
	check := func(i int, doing string) {
		if i%50_000 != 49_999 {
			return
		}
		if grown := heap() - base; grown > most {
			t.Fatalf("%s %d messages takes %d octets", doing, i, grown)
		}
	}
	const messages = 200_000
	w := a.Begin("A", common())
	defer w.Discard()
	for i := range messages {
		if err := w.Add(mail(t, imap.UID(2*i+1))); err != nil {
			t.Fatal(err)
		}
		check(i, "writing")
	}
	if err := w.Commit(State{UIDValidity: 7, UIDNext: 2 * messages, Messages: messages}); err != nil {
		t.Fatal(err)
	}
	f, i := recall(t, a, "A"), 0
	for _, err := range f.Rows(common()) {
		if err != nil {
			t.Fatal(err)
		}
		check(i, "reading")
		i++
	}
	if i != messages {
		t.Errorf("%d messages are remembered of %d", i, messages)
	}
}

// heap is what is in use, in octets.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
