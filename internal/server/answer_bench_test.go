package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// A stage is a connection to a server that has all its answers at hand, so that only
// the client is measured.
type stage struct {
	answer func(command string) []byte // untagged responses

	mu      sync.Mutex
	spoken  *sync.Cond
	said    [][]byte
	written []byte
	closed  bool
}

func newStage(answer func(command string) []byte) *stage {
	s := &stage{answer: answer, said: [][]byte{[]byte(greeting)}}
	s.spoken = sync.NewCond(&s.mu)
	return s
}

func (s *stage) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.said) == 0 && !s.closed {
		s.spoken.Wait()
	}
	if s.closed {
		return 0, io.EOF
	}
	n := copy(p, s.said[0])
	if s.said[0] = s.said[0][n:]; len(s.said[0]) == 0 {
		s.said = s.said[1:]
	}
	return n, nil
}

func (s *stage) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = append(s.written, p...)
	for {
		line, rest, ok := bytes.Cut(s.written, []byte("\r\n"))
		if !ok {
			s.spoken.Broadcast()
			return len(p), nil
		}
		tag, command, _ := strings.Cut(string(line), " ")
		if untagged := s.answer(command); len(untagged) > 0 {
			s.said = append(s.said, untagged)
		}
		s.said = append(s.said, []byte(tag+" OK done\r\n"))
		s.written = rest
	}
}

func (s *stage) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.spoken.Broadcast()
	return nil
}

func (s *stage) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *stage) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *stage) SetDeadline(time.Time) error      { return nil }
func (s *stage) SetReadDeadline(time.Time) error  { return nil }
func (s *stage) SetWriteDeadline(time.Time) error { return nil }

// dialStage logs in to a folder of so many messages, each told by one row.
func dialStage(tb testing.TB, messages int, row func(uid int) string) *Session {
	tb.Helper()
	var rows bytes.Buffer
	for uid := 1; uid <= messages; uid++ {
		rows.WriteString(row(uid))
	}
	conn := newStage(func(command string) []byte {
		name, _, _ := strings.Cut(command, " ")
		switch {
		case name == "CAPABILITY":
			return []byte("* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS MOVE\r\n")
		case name == "NAMESPACE":
			return []byte("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n")
		case name == "ID":
			return []byte("* ID NIL\r\n")
		case name == "EXAMINE":
			return fmt.Appendf(nil, "* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n", messages, messages+1)
		case strings.HasPrefix(command, "UID FETCH"), strings.HasPrefix(command, "UID SEARCH"):
			return rows.Bytes()
		}
		return nil
	})
	a := &config.Account{
		Address: "account.work", Label: "work", Host: "stage", TLS: config.TLSNone, Username: "me", AllowPlaintext: true,
		Credential: func(context.Context) (string, error) { return "hunter2", nil },
	}
	s, err := Dial(tb.Context(), a, Options{Connect: func(context.Context) (net.Conn, error) { return conn, nil }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.drop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// usualRow is what Dovecot tells of a message to 40 usual rules.
func usualRow(uid int) string {
	header := fmt.Sprintf("From: =?UTF-8?Q?J=C3=BCrgen?= Example <juergen.%d@lists.example.org>\r\n"+
		"To: somebody@example.com, another.one@example.com\r\n"+
		"Subject: Re: [announce] what was said about number %d on the list the other day\r\n"+
		"List-Id: The announcements of example.org <announce-%d.lists.example.org>\r\n"+
		"Message-ID: <%d.7f4c2a90@mail.example.org>\r\n\r\n", uid%977, uid, uid%31, uid)
	flags := [...]string{``, `\Seen`, `\Seen \Answered`, `\Seen $Work NonJunk`}[uid%4]
	return fmt.Sprintf("* %d FETCH (UID %[1]d FLAGS (%s) INTERNALDATE \"%02d-Jul-2026 %02d:44:25 +0200\" RFC822.SIZE %d "+
		"BODY[HEADER.FIELDS (FROM TO SUBJECT LIST-ID MESSAGE-ID)] {%d}\r\n%s)\r\n", uid, flags, uid%28+1, uid%24, 1000+uid%50000, len(header), header)
}

var usualParts = message.Parts{Flags: true, Received: true, Size: true, Fields: message.Fields("From", "To", "Subject", "List-Id", "Message-Id").Fields}

// BenchmarkAnswer reads a folder as a plan does, without judging what is told.
func BenchmarkAnswer(b *testing.B) {
	const messages = 20_000
	s := dialStage(b, messages, usualRow)
	b.ReportAllocs()
	for b.Loop() {
		told := 0
		_, err := s.Answer(b.Context(), plan.Question{Folder: "INBOX", Fetch: usualParts}, func(*message.Message) { told++ })
		if err != nil || told != messages {
			b.Fatalf("%d messages, %v", told, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/messages, "ns/message")
}

// BenchmarkWindows cuts sets of UIDs that are apart into commands: the work for each
// must not grow with their number.
func BenchmarkWindows(b *testing.B) {
	for _, n := range []int{100_000, 400_000, 1_600_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			uids := make([]imap.UID, n)
			for i := range uids {
				uids[i] = imap.UID(2*i + 1)
			}
			for b.Loop() {
				for set := range windows(imap.UIDSetNum(uids...), maxWindow) {
					_ = set.String()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/UID")
		})
	}
}

// BenchmarkSearch reads the answer to a search that finds so many messages.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{100_000, 400_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := dialStage(b, n, func(uid int) string {
				switch uid {
				case 1:
					return "* SEARCH 1"
				case n:
					return fmt.Sprintf(" %d\r\n", n)
				}
				return fmt.Sprintf(" %d", uid)
			})
			b.ReportAllocs()
			for b.Loop() {
				if uids, err := s.search(b.Context(), "INBOX", nil); err != nil || len(uids) != n {
					b.Fatalf("%d UIDs, %v", len(uids), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/UID")
		})
	}
}
