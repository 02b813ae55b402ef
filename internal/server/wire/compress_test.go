package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// flushing compresses and flushes what is written at once.
type flushing struct{ w *flate.Writer }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	return n, errors.Join(err, f.w.Flush())
}

// squeezed is the server's end of a connection that may be compressed.
type squeezed struct {
	net.Conn
	lines *bufio.Reader
	out   io.Writer
}

// compress goes on as after COMPRESS.
func (s *squeezed) compress(level int) error {
	w, err := flate.NewWriter(s.Conn, level)
	s.lines, s.out = bufio.NewReader(flate.NewReader(s.lines)), flushing{w}
	return err
}

// dialSqueezed connects the library to a server that answers COMPRESS with what answer
// says, TAG for the tag, goes on as behind says, and answers all else by the handler.
func dialSqueezed(t testing.TB, answer string, behind func(*squeezed), h handler, o Options) (*imapclient.Client, *Conn) {
	t.Helper()
	near, far := net.Pipe()
	var done sync.WaitGroup
	done.Go(func() {
		defer far.Close()
		s := &squeezed{far, bufio.NewReader(far), far}
		io.WriteString(s.out, greeting)
		for {
			line, err := s.lines.ReadString('\n')
			if err != nil {
				return
			}
			tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
			if command == "COMPRESS DEFLATE" {
				io.WriteString(s.out, strings.ReplaceAll(answer, "%T", tag))
				behind(s)
				continue
			}
			io.WriteString(s.out, strings.ReplaceAll(h(command), "%T", tag))
		}
	})
	conn := New(near, o)
	client := imapclient.New(conn, nil)
	t.Cleanup(func() { client.Close(); far.Close(); done.Wait() })
	if err := client.WaitGreeting(); err != nil {
		t.Fatal(err)
	}
	return client, conn
}

// goOn is what a server does that has agreed.
func goOn(t testing.TB) func(*squeezed) {
	return func(s *squeezed) {
		if err := s.compress(6); err != nil {
			t.Error(err)
		}
	}
}

const agreed = "%T OK go\r\n"

func TestCompress(t *testing.T) {
	rows := someRows(2000)
	var l log
	client, conn := dialSqueezed(t, agreed, goOn(t), func(command string) string {
		if strings.HasPrefix(command, "UID FETCH") {
			return rows + "%T OK done\r\n"
		}
		return "* CAPABILITY IMAP4rev1\r\n%T OK done\r\n"
	}, l.options())
	if err := conn.Compress(t.Context()); err != nil {
		t.Fatal(err)
	}
	plain := conn.Stats()
	reply, err := conn.Do(t.Context(), "UID FETCH 1:* (FLAGS)", "FETCH")
	if err != nil || len(reply.Untagged) != 2000 {
		t.Fatalf("%d rows, error %v", len(reply.Untagged), err)
	}
	got := conn.Stats()
	received, inflated := got.Received-plain.Received, got.Inflated-plain.Inflated
	// The end of a flushed block may have come of which nothing is inflated.
	const blockEnd = 8
	if want := int64(len(rows) + len("X2 OK done\r\n")); received+inflated < want || received+inflated > want+blockEnd {
		t.Errorf("%d octets and %d more are not %d", received, inflated, want)
	}
	if received > inflated {
		t.Errorf("%d octets on the wire and just %d more inflated", received, inflated)
	}
	set := "UID STORE " + strings.TrimSuffix(strings.Repeat("1000000,", 1000), ",") + " +FLAGS (x)"
	if _, err := conn.Do(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the library's own
		if _, err := client.Capability().Wait(); err != nil {
			t.Fatal(err)
		}
	}
	last := conn.Stats()
	if sent := last.Sent - got.Sent; sent*2 > int64(len(set)) || last.Deflated < int64(len(set))/2 {
		t.Errorf("%d octets sent of %d, %d fewer", sent, len(set), last.Deflated)
	}
	if last.Commands != 6 || last.RoundTrips != 6 {
		t.Errorf("%d commands in %d round trips, want 6 in 6", last.Commands, last.RoundTrips)
	}
	if trace := l.trace(); !strings.Contains(trace, "S: X1 OK go\nS: (compressed from here on, both ways)\nC: X2 UID FETCH") {
		t.Errorf("trace:\n%s", trace[:min(len(trace), 500)])
	}
	if err := conn.Compress(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("compressed twice: %v", err)
	}
	if _, err := conn.Do(t.Context(), "NOOP"); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// What comes in the same segment as the OK is compressed, and read.
func TestCompressAtOnce(t *testing.T) {
	hello := string(deflated(t, 6, "* 3 EXISTS\r\n"))
	var l log
	client, conn := dialSqueezed(t, agreed+hello, func(s *squeezed) {
		w, err := flate.NewWriterDict(s.Conn, 6, []byte("* 3 EXISTS\r\n"))
		if err != nil {
			t.Error(err)
		}
		s.lines, s.out = bufio.NewReader(flate.NewReader(s.lines)), flushing{w}
	}, ok("* 4 EXISTS\r\n"), l.options())
	if err := conn.Compress(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	if trace := l.trace(); !strings.Contains(trace, "S: * 3 EXISTS") || !strings.Contains(trace, "S: * 4 EXISTS") {
		t.Errorf("trace:\n%s", trace)
	}
}

// An answer is read when all of it is here, with nothing to follow until the next
// command: zlib's Z_PARTIAL_FLUSH leaves no more than 3 bits behind a block.
func TestCompressPartialFlush(t *testing.T) {
	flushes := partialFlushes(t)
	next := 0
	_, conn := dialSqueezed(t, agreed, func(s *squeezed) {
		s.lines = bufio.NewReader(flate.NewReader(s.lines))
	}, func(string) string {
		next++
		return string(flushes[next-1].octets)
	}, Options{Silence: 2 * time.Second})
	if err := conn.Compress(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, flush := range flushes {
		reply, err := conn.Do(t.Context(), "UID FETCH 1:* (RFC822.SIZE)", "FETCH")
		if rows := strings.Count(flush.text, "FETCH"); err != nil || len(reply.Untagged) != rows {
			t.Fatalf("flush %d: %d rows of %d, error %v", i+1, len(reply.Untagged), rows, err)
		}
	}
}

// A partialFlush is what zlib wrote for a text with Z_PARTIAL_FLUSH at its end.
type partialFlush struct {
	octets []byte
	text   string
}

// partialFlushes are those of one stream.
func partialFlushes(t testing.TB) []partialFlush {
	t.Helper()
	file, err := os.ReadFile("testdata/partialflush.txt")
	if err != nil {
		t.Fatal(err)
	}
	var flushes []partialFlush
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		octets, quoted, _ := strings.Cut(strings.TrimSpace(line), " ")
		var flush partialFlush
		if flush.octets, err = hex.DecodeString(octets); err != nil {
			t.Fatal(err)
		}
		if flush.text, err = strconv.Unquote(quoted); err != nil {
			t.Fatal(err)
		}
		flushes = append(flushes, flush)
	}
	if len(flushes) == 0 {
		t.Fatal("there are none")
	}
	return flushes
}

// A refusal changes nothing.
func TestCompressRefused(t *testing.T) {
	for _, answer := range []string{"%T NO [COMPRESSIONACTIVE] TLS compresses\r\n", "%T BAD what?\r\n"} {
		client, conn := dialSqueezed(t, answer, func(*squeezed) {}, ok(""), Options{})
		refused, is := errors.AsType[*Error](conn.Compress(t.Context()))
		if !is || refused.Command != "COMPRESS" || refused.Text == "" {
			t.Errorf("%q: error %v", answer, refused)
		}
		if err := client.Noop().Wait(); err != nil {
			t.Error(err)
		}
		if _, err := conn.Do(t.Context(), "NOOP"); err != nil {
			t.Error(err)
		}
		if s := conn.Stats(); s.Inflated != 0 || s.Deflated != 0 {
			t.Errorf("%q: %+v", answer, s)
		}
	}
}

// A stream that is none, or becomes too much, ends the connection, and what was asked
// for is an error.
func TestCompressHarm(t *testing.T) {
	bomb := deflated(t, 9, "* OK "+strings.Repeat("x", 10<<20))
	if len(bomb) > 20_000 {
		t.Errorf("the bomb has %d octets", len(bomb))
	}
	for _, test := range []struct {
		name   string
		behind func(*squeezed)
		want   error
	}{
		{"plain text", func(s *squeezed) { io.WriteString(s, "* OK not compressed\r\n* OK at all\r\n") }, ErrProtocol},
		{"noise", func(s *squeezed) { s.Write([]byte{0xff, 0xff, 0xff}) }, ErrProtocol},
		{"end and more", func(s *squeezed) { s.Write([]byte{0x03, 0x00, 0x03, 0x00}) }, ErrProtocol},
		{"end", func(s *squeezed) { s.Write([]byte{0x03, 0x00}); s.Close() }, io.EOF},
		{"hung up", func(s *squeezed) { s.Close() }, io.EOF},
		{"hung up in a block", func(s *squeezed) { s.Write([]byte{0x4a, 0x2b}); s.Close() }, io.ErrUnexpectedEOF},
		{"endless line", func(s *squeezed) {
			s.Write(bomb)
		}, ErrProtocol},
		{"silence", func(*squeezed) {}, ErrSilent},
		{"empty blocks", func(s *squeezed) { s.Write([]byte(strings.Repeat("\x00\x00\x00\xff\xff", 10_000))) }, ErrSilent},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, conn := dialSqueezed(t, agreed, test.behind, func(string) string { return "" },
				Options{Silence: 300 * time.Millisecond, MaxLine: 1 << 20})
			if err := conn.Compress(t.Context()); err != nil && conn.Err() == nil {
				t.Errorf("%v, and the connection goes on", err)
			}
			if test.want == ErrSilent {
				if err := client.Noop().Wait(); err == nil {
					t.Error("a command was answered")
				}
			}
			<-client.Closed()
			if err := conn.Err(); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestCompressContext(t *testing.T) {
	_, conn := dialSqueezed(t, "", func(*squeezed) {}, ok(""), Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := conn.Compress(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(conn.Err(), context.DeadlineExceeded) {
		t.Errorf("error %v, connection %v", err, conn.Err())
	}
}

// Commands of the library wait for it, and are compressed.
func TestCompressWhileBusy(t *testing.T) {
	client, conn := dialSqueezed(t, agreed, goOn(t), ok(""), Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if err := client.Noop().Wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if err := conn.Compress(t.Context()); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// FuzzCompressed gives a connection any octets for its compressed stream: it ends with
// an error, gives no more than they stand for, and holds no more than its limits.
func FuzzCompressed(f *testing.F) {
	for _, level := range levels {
		f.Add(deflated(f, level, someRows(2), "* OK\r\n", "* BYE see you\r\n"))
	}
	f.Add(deflated(f, 9, "* OK "+strings.Repeat("x", 100_000)))
	f.Add([]byte("* OK not compressed\r\n"))
	for _, flush := range partialFlushes(f) {
		f.Add(flush.octets)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		conn := New(&canned{said: bytes.NewReader(stream)}, Options{MaxLine: 1 << 14, MaxLiteral: 1 << 14})
		conn.flight.greeted = true
		conn.inflate()
		out, err := io.Copy(io.Discard, struct{ io.Reader }{conn})
		if end := conn.Err(); end == nil || err != nil && !errors.Is(end, err) {
			t.Errorf("it ended with %v, and the connection with %v", err, end)
		}
		stats := conn.Stats()
		if stats.Received != int64(len(stream)) && !errors.Is(conn.Err(), ErrProtocol) {
			t.Errorf("%d octets received of %d, then %v", stats.Received, len(stream), conn.Err())
		}
		// A line may come twice its length, where what it lacks is put in.
		if plain := stats.Received + stats.Inflated; out > 2*plain+1<<10 {
			t.Errorf("%d octets became %d", plain, out)
		}
		if held := cap(conn.in.out) + cap(conn.in.seg); held > 1<<18 {
			t.Errorf("%d octets are held", held)
		}
	})
}
