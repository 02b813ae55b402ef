package message

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	htmlcharset "golang.org/x/net/html/charset"
)

var (
	// ErrTooLong says that a part holds more than was to be read.
	ErrTooLong = errors.New("its text is too long")
	// ErrUndecodable says that a part's transfer encoding or charset is not known.
	ErrUndecodable = errors.New("its text cannot be decoded")
)

// ReadText returns the text of a readable part, whose octets body holds as encoded
// (FETCH BODY[…]): without transfer encoding, in UTF-8, paragraphs that
// "format=flowed" broke in one piece (RFC 3676), HTML without its tags. TextOf makes
// it what rules compare. Charsets are read as those of encoded words: what claims to
// be UTF-8 or US-ASCII and is not is taken for Windows-1252, and octets that mean
// nothing in another charset become U+FFFD.
//
// Limit is in octets without transfer encoding. It fails with ErrTooLong,
// ErrUndecodable or the error of body; there is no text then, for part of one would
// make a rule wrong.
//
// Memory is bounded by the limit: at worst the text has 3 octets for each, and some
// 20 are allocated on the way.
func ReadText(p *Part, body io.Reader, limit int64) (string, error) {
	text, err := readText(p, body, limit)
	if err != nil {
		return "", fmt.Errorf("read text of part %s: %w", p.section(), err)
	}
	return text, nil
}

func readText(p *Part, body io.Reader, limit int64) (string, error) {
	octets, ok := transferReader(p.Encoding, body)
	if !ok {
		return "", fmt.Errorf("transfer encoding %q: %w", p.Encoding, ErrUndecodable)
	}
	limited := &limitedReader{r: octets, left: max(limit, 0)}
	buffered := bufio.NewReader(limited)
	charset := textCharset(p, buffered)
	decoded, ok := charsetReader(charset, buffered)
	if !ok {
		return "", fmt.Errorf("charset %q: %w", charset, ErrUndecodable)
	}
	var b strings.Builder
	var err error
	if p.html() {
		err = writeHTML(&b, decoded)
	} else {
		_, err = io.Copy(&b, decoded)
	}
	switch {
	case limited.err != nil && limited.err != io.EOF:
		return "", limited.err
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	text := strings.TrimPrefix(b.String(), "\uFEFF") // a byte order mark
	if p.flowed() {
		text = unflow(text, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	return text, nil
}

// html says that the part is HTML: itself, or what Gmail and watches are sent
// beside it.
func (p *Part) html() bool {
	return p.Subtype == "html" || p.Subtype == "x-amp-html" || p.Subtype == "watch-html"
}

func (p *Part) flowed() bool {
	return p.Subtype == "plain" && strings.EqualFold(p.Params["format"], "flowed")
}

// textCharset is the part's charset. HTML may itself name one, which counts where
// the header names none.
func textCharset(p *Part, r *bufio.Reader) string {
	if !p.html() || !plainCharset(p.Charset) || strings.HasPrefix(p.Charset, "utf") {
		return p.Charset
	}
	const prescan = 1024            // as far as browsers look
	beginning, _ := r.Peek(prescan) // an error comes again
	if _, name, _ := htmlcharset.DetermineEncoding(beginning, ""); name != "windows-1252" {
		return name
	}
	return p.Charset // perhaps only guessed
}

// A limitedReader fails with ErrTooLong where r has more than left octets. Its error
// stays.
type limitedReader struct {
	r    io.Reader
	left int64
	err  error
}

// Read implements io.Reader.
func (l *limitedReader) Read(p []byte) (int, error) {
	if l.err != nil || len(p) == 0 {
		return 0, l.err
	}
	if int64(len(p))-1 > l.left {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.err = err; int64(n) > l.left {
		n, l.err = int(l.left), ErrTooLong
	}
	l.left -= int64(n)
	return n, l.err
}
