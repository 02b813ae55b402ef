package server_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/maildir"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
)

// oddities are messages whose octets servers might want to improve.
var oddities = map[string]string{
	"plain":            "From: a@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: one\r\n\r\nHello.\r\n",
	"no final newline": "From: a@example.org\r\nMessage-ID: <2@example.org>\r\nSubject: two\r\n\r\nHello",
	"8-bit":            "From: S\xc3\xa9nder <a@example.org>\r\nMessage-ID: <3@example.org>\r\nSubject: \xe4\xf6\xfc\r\n\r\n\x80\xff caf\xc3\xa9\r\n",
	"dots and From":    "From: a@example.org\r\nMessage-ID: <4@example.org>\r\n\r\n.\r\n..\r\nFrom here\r\n>From there\r\n",
	"empty lines":      "From: a@example.org\r\nMessage-ID: <5@example.org>\r\nSubject: \r\n\r\n\r\n\r\n \r\n\r\n",
	"no body":          "From: a@example.org\r\nMessage-ID: <6@example.org>\r\nSubject: six\r\n\r\n",
	"a long line":      "From: a@example.org\r\nMessage-ID: <7@example.org>\r\nSubject: seven\r\n\r\n" + strings.Repeat("x", 20_000) + "\r\n",
	"no Message-ID":    "From: a@example.org\r\nSubject: eight\r\n\r\nHello.\r\n",
	"large":            "From: a@example.org\r\nMessage-ID: <9@example.org>\r\nSubject: nine\r\n\r\n" + strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef01234567890123\r\n", 160_000),
	"a piece":          exactly(4 << 20),
}

// improved are those of them that a server does not keep as they were appended. As it
// has them then, it keeps them.
var improved = map[imaptest.Name]string{imaptest.Cyrus: "8-bit", imaptest.Courier: "no final newline"}

// exactly is a message of so many octets.
func exactly(size int) string {
	head := "From: a@example.org\r\nMessage-ID: <10@example.org>\r\n\r\n"
	lines := strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef01234567890123\r\n", size/64)
	return (head + lines)[:size-2] + "\r\n"
}

// onTree runs a test on a Maildir, which is served in this process.
func onTree(t *testing.T, test func(*testing.T, *config.Account)) {
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	test(t, &config.Account{Address: "account.local", Maildir: dir})
}

// What is read is what the server has, octet by octet, and reading it changes nothing;
// what is appended is what was read, with its flags and its date.
func TestWholeThereAndBack(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		imaptest.Append(t, a, "Back")
		r := imaptest.Proxy(t, a.Dial, imaptest.Script{})
		there := thereAndBack(t, dial(t, through(t, a, r)), improved[a.Server.Name])
		if r.Sent("UID FETCH") == 0 || strings.Contains(r.Transcript(), "BODY[]<0.") || !strings.Contains(r.Transcript(), "BODY.PEEK[]<0.") {
			t.Error("messages were not read by BODY.PEEK[]")
		}
		got := imaptest.Snapshot(t, a).Folders["Back"].Messages
		if len(got) != len(there) {
			t.Errorf("the server has %d messages, and %d were appended", len(got), len(there))
		}
		for _, m := range got {
			want, ok := there[imap.UID(m.UID)]
			sum := sha256.Sum256([]byte(want))
			if !ok || m.Hash != hex.EncodeToString(sum[:]) || int(m.Size) != len(want) || !m.Date.Equal(appendDate) || !slices.Equal(m.Flags, []string{"$Work", `\Seen`}) {
				t.Errorf("the server has %+v of %.80q", m, want)
			}
		}
	})
	t.Run("maildir", func(t *testing.T) {
		onTree(t, func(t *testing.T, a *config.Account) {
			s := dial(t, a)
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Create(t.Context(), "Back", ""); err != nil {
				t.Fatal(err)
			}
			thereAndBack(t, s, "")
		})
	})
}

var appendDate = time.Date(2025, 2, 3, 23, 5, 6, 0, time.FixedZone("", -5*3600))

// thereAndBack appends messages, reads them, appends what it has read, and reads that
// again. It returns them by their UIDs.
func thereAndBack(t *testing.T, s *server.Session, improved string) map[imap.UID]string {
	t.Helper()
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	there := map[imap.UID]string{}
	for name, text := range oddities {
		uid, got := appendAndRead(t, s, text)
		if got != text && name != improved {
			t.Errorf("%s: read %.200q, want %.200q", name, got, text)
		}
		there[uid] = got
		uid, again := appendAndRead(t, s, got)
		if again != got {
			t.Errorf("%s: read %.200q the second time, want %.200q", name, again, got)
		}
		there[uid] = got
	}
	return there
}

func appendAndRead(t *testing.T, s *server.Session, text string) (imap.UID, string) {
	t.Helper()
	ctx, flags := t.Context(), mailbox.NewFlags(imap.FlagSeen, "$Work")
	validity, uid, err := s.Append(ctx, "Back", apply.Append{Flags: flags, Received: appendDate, Size: int64(len(text)), Message: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := s.Open(ctx, "Back")
	if err != nil {
		t.Fatal(err)
	}
	last := opened.UIDNext - 1
	if s.Can().UIDPlus && (uid != last || validity != opened.UIDValidity) {
		t.Errorf("APPENDUID %d %d in a folder of UIDVALIDITY %d and UIDNEXT %d", validity, uid, opened.UIDValidity, opened.UIDNext)
	}
	var got strings.Builder
	if err := s.Read(ctx, last, &got); err != nil {
		t.Fatal(err)
	}
	parts := message.Parts{Flags: true, Received: true, Size: true}
	if err := s.Fetch(ctx, imap.UIDSetNum(last), parts, func(m *message.Message) {
		if !m.Flags.Equal(flags) || !m.Received.Equal(appendDate) || m.Size != int64(got.Len()) {
			t.Errorf("it has the flags %s, date %v, size %d", m.Flags, m.Received, m.Size)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return last, got.String()
}

// Reading does not mark a message as seen, and one that is gone is an error; a folder
// that is not there is a refusal.
func TestWholeLeavesNoTrace(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		imaptest.Append(t, a, "INBOX", mail(1), mail(2))
		s, ctx := dial(t, through(t, a, imaptest.Proxy(t, a.Dial, imaptest.Script{}))), t.Context()
		if _, err := s.List(ctx); err != nil {
			t.Fatal(err)
		}
		imaptest.Unchanged(t, a, func() {
			if _, err := s.Open(ctx, "INBOX"); err != nil {
				t.Fatal(err)
			}
			if err := s.Read(ctx, 1, new(bytes.Buffer)); err != nil {
				t.Error(err)
			}
		})
		imaptest.Do(t, a, "SELECT INBOX", `UID STORE 2 +FLAGS.SILENT (\Deleted)`, "UID EXPUNGE 2")
		if _, err := s.Open(ctx, "INBOX"); err != nil {
			t.Fatal(err)
		}
		if err := s.Read(ctx, 2, new(bytes.Buffer)); err == nil || apply.Lost(err) || !strings.Contains(err.Error(), "gone") {
			t.Errorf("a message that is gone: %v", err)
		}
		text := oddities["plain"]
		for n := range 2 {
			_, _, err := s.Append(ctx, "Nowhere", apply.Append{Size: int64(len(text)), Message: strings.NewReader(text)})
			if err == nil || apply.Lost(err) {
				t.Errorf("an append to nowhere (%d): %v", n, err)
			}
		}
		if err := s.Read(ctx, 1, new(bytes.Buffer)); err != nil {
			t.Errorf("after a refusal: %v", err)
		}
	})
}

// A large message is not held in memory.
func TestWholeIsStreamed(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot)
	a := s.Account(t)
	const size = 100 << 20
	session := dial(t, at(t, a, a.Host, fmt.Sprint(a.Port)))
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	peak := peakMemory(t, func() {
		if _, _, err := session.Append(t.Context(), "INBOX", apply.Append{Size: size, Message: &endless{}}); err != nil {
			t.Fatal(err)
		}
		if _, err := session.Open(t.Context(), "INBOX"); err != nil {
			t.Fatal(err)
		}
		sum := sha256.New()
		if err := session.Read(t.Context(), 1, sum); err != nil {
			t.Fatal(err)
		}
		want := sha256.New()
		if _, err := (&endless{}).writeTo(want, size); err != nil || !bytes.Equal(sum.Sum(nil), want.Sum(nil)) {
			t.Errorf("other octets were read: %v", err)
		}
	})
	if peak > size/2 {
		t.Errorf("%d MiB were held in memory", peak>>20)
	}
}

// peakMemory is how many octets more than before were in use at a time.
func peakMemory(t *testing.T, do func()) (peak uint64) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // so that garbage, also of other tests, counts for little
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse-min(before.HeapInuse, now.HeapInuse))
		}
	})
	do()
	close(done)
	watching.Wait()
	return peak
}

// endless is a message without an end, of lines that differ.
type endless struct{ line, at int }

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		line := fmt.Sprintf("%062d\r\n", e.line)
		if e.line == 0 {
			line = "Subject: one without an end" + strings.Repeat(".", 31) + "\r\n\r\n\r\n"
		}
		copied := copy(p[n:], line[e.at:])
		n += copied
		if e.at += copied; e.at == len(line) {
			e.line, e.at = e.line+1, 0
		}
	}
	return n, nil
}

func (e *endless) writeTo(w io.Writer, size int64) (int64, error) { return io.CopyN(w, e, size) }
