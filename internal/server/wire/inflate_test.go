package wire

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

// deflated compresses text at a level, with a flush behind each part.
func deflated(t testing.TB, level int, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// levels are ways to compress: stored, Huffman codes alone, fast, usual, best.
var levels = []int{flate.NoCompression, flate.HuffmanOnly, flate.BestSpeed, 6, flate.BestCompression}

// someRows are rows of FETCH as a server sends them.
func someRows(n int) string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for i := range n {
		header := fmt.Sprintf("From: Sender %d <sender%d@example.org>\r\nTo: me@example.org\r\nSubject: about %x and %x\r\nList-Id: <list%d.example.org>\r\n\r\n",
			i%500, rng.IntN(500), rng.Uint64(), rng.Uint32(), rng.IntN(40))
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE \"%02d-Jan-2026 10:%02d:%02d +0000\" RFC822.SIZE %d BODY[HEADER.FIELDS (FROM TO SUBJECT LIST-ID)] {%d}\r\n%s)\r\n",
			i+1, i*3+7, rng.IntN(28)+1, rng.IntN(60), rng.IntN(60), rng.IntN(200_000), len(header), header)
	}
	return b.String()
}

// packed makes octets of bits, in the order in which they are read.
func packed(bits string) []byte {
	bits = strings.ReplaceAll(bits, " ", "")
	octets := make([]byte, (len(bits)+7)/8)
	for i, bit := range bits {
		octets[i/8] |= byte(bit-'0') << (i % 8)
	}
	return octets
}

func TestInflateBroken(t *testing.T) {
	const fixed = "1 10 " // begins a block, the last one, with the codes of RFC 1951 section 3.2.6
	for _, test := range []struct{ name, bits, want string }{
		{"block of type 3", "1 11", "type 3"},
		{"stored length", "1 00 00000 1010000000000000 1111111111111111", "length of a stored block"},
		{"length that there is not", fixed + "11000110", "no such length"},
		{"before the beginning", fixed + "0000001 00000", "before its beginning"},
		{"distance that there is not", fixed + "01110001 0000001 11110", "no such distance"},
		{"too many literals", "1 01 11111 00000 0000", "too many codes"},
		{"too many distances", "1 01 00000 01111 0000", "too many codes"},
		{"codes oversubscribed", "1 01 00000 00000 0000" + strings.Repeat("100", 4), "code of codes is none"},
		{"codes incomplete", "1 01 00000 00000 0000" + "010 000 000 000", "code of codes is none"},
		{"no code at all", "1 01 00000 00000 0000" + "000 000 000 000 0000000000000000", "no such code"},
		{"repeats no length", "1 01 00000 00000 0000" + "100 100 000 000 0 00", "more than it has"},
		{"lengths without end", "1 01 00000 00000 0000" + "000 000 100 100" + strings.Repeat("1 1111111", 3), "more than it has"},
		{"goes on", fixed + "0000000 000000 00101010", "behind its end"},
		{"goes on behind a stored block", "1 00 00000 0000000000000000 1111111111111111 00000000", "behind its end"},
	} {
		got, err := io.ReadAll(newInflater(bytes.NewReader(packed(test.bits))))
		if !errors.Is(err, errInflate) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q, error %v; want one with %q", test.name, got, err, test.want)
		}
	}
}

// A stream that ends within a block is no stream that ended.
func TestInflateCut(t *testing.T) {
	for _, level := range levels {
		stream := deflated(t, level, someRows(3))
		stream = stream[:len(stream)-5] // the empty block of the flush
		for n := 1; n < len(stream); n++ {
			if _, err := io.ReadAll(newInflater(bytes.NewReader(stream[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("level %d, %d of %d octets: error %v", level, n, len(stream), err)
			}
		}
	}
}

// However a stream was written, and in whatever pieces it comes, it is what was written.
func TestInflate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for name, text := range map[string]string{
		"nothing": "", "a line": "* OK done\r\n", "rows": someRows(600), "one octet": strings.Repeat("x", 200_000), "noise": string(noise),
	} {
		for _, level := range levels {
			half := len(text) / 2
			stream := deflated(t, level, text[:half], text[half:])
			for how, in := range map[string]io.Reader{
				"at once": bytes.NewReader(stream), "halved": iotest.HalfReader(bytes.NewReader(stream)),
				"with the end": iotest.DataErrReader(bytes.NewReader(stream)), "octets": iotest.OneByteReader(bytes.NewReader(stream)),
			} {
				got, err := io.ReadAll(newInflater(in))
				if err != nil || string(got) != text {
					t.Errorf("%s at level %d, %s: %d octets, error %v; want %d", name, level, how, len(got), err, len(text))
				}
			}
		}
	}
}

// What was flushed is read without anything that comes after it, however it was flushed:
// zlib's Z_PARTIAL_FLUSH writes an empty block that ends within an octet, or is cut there.
func TestInflateFlushed(t *testing.T) {
	const text = "* OK done\r\n"
	fixed, err := hex.DecodeString("d252f0f75648c9cf4be5e50208")
	if err != nil {
		t.Fatal(err)
	}
	for name, flushes := range map[string][]partialFlush{
		"Z_SYNC_FLUSH":                 {{deflated(t, 6, text), text}},
		"Z_PARTIAL_FLUSH, fixed codes": {{fixed, text}},
		"Z_PARTIAL_FLUSH":              partialFlushes(t),
	} {
		in, out := io.Pipe()
		z := newInflater(in)
		for i, flush := range flushes {
			go out.Write(flush.octets) // and no more
			got := make([]byte, len(flush.text))
			if _, err := io.ReadFull(z, got); err != nil || string(got) != flush.text {
				t.Errorf("%s, %d: %q, %v", name, i+1, got, err)
			}
		}
		in.Close()
	}
}

// FuzzInflate compares with compress/flate, whatever comes.
func FuzzInflate(f *testing.F) {
	for _, level := range levels {
		f.Add(deflated(f, level, someRows(3), "* OK\r\n"))
	}
	f.Add([]byte("\x03\x00"))
	f.Add(deflated(f, 9, strings.Repeat("ab", 40_000)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		const most = 4 << 20
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stream)), most))
		got, err := io.ReadAll(io.LimitReader(newInflater(bytes.NewReader(stream)), most))
		// compress/flate does not look at what follows the end, calls an end between two
		// blocks unexpected, and may want more bits than the last code has.
		both := min(len(got), len(want))
		switch {
		case !bytes.Equal(got[:both], want[:both]):
			t.Fatalf("%q; want %q", got, want)
		case wantErr == nil && err != nil && !strings.Contains(err.Error(), "behind its end"),
			err == nil && wantErr != nil && !errors.Is(wantErr, io.ErrUnexpectedEOF):
			t.Fatalf("error %v; want %v", err, wantErr)
		case (err == nil || wantErr == nil) && len(got) != len(want):
			t.Fatalf("%d octets; want %d", len(got), len(want))
		}
	})
}

// BenchmarkInflate compares with compress/flate, with one flush for all rows and with
// one for each.
func BenchmarkInflate(b *testing.B) {
	rows := someRows(20_000)
	for flushed, stream := range map[string][]byte{
		"once": deflated(b, 6, rows), "each": deflated(b, 6, strings.SplitAfter(rows, ")\r\n")...),
	} {
		for name, reader := range map[string]func(io.Reader) io.Reader{
			"here":  func(r io.Reader) io.Reader { return newInflater(r) },
			"flate": func(r io.Reader) io.Reader { return flate.NewReader(r) },
		} {
			b.Run(flushed+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(rows)))
				b.ReportAllocs()
				for b.Loop() {
					n, _ := io.Copy(io.Discard, struct{ io.Reader }{reader(bytes.NewReader(stream))})
					if n != int64(len(rows)) {
						b.Fatal(n)
					}
				}
				b.ReportMetric(float64(len(rows))/float64(len(stream)), "ratio")
			})
		}
	}
}
