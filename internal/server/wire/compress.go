package wire

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
)

// Compress turns compression on (RFC 4978), both ways, when no other command is running;
// what else is to be sent waits meanwhile. The library must be reading: call
// imapclient.New first. A NO or BAD is an [*Error]: the connection goes on as it was.
// If ctx ends once the command is on its way, the connection is closed. It may succeed
// only once.
//
// The limits of Options hold for what is inflated, so that little that becomes much
// takes no more memory than much would.
func (c *Conn) Compress(ctx context.Context) error {
	const name = "COMPRESS"
	raw := &rawCommand{name: name, compress: true}
	if err := c.claim(ctx, raw); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer c.release()
	defer c.CloseOn(ctx)()
	if c.packs() {
		return errors.New(name + ": the connection is compressed already")
	}
	_, err := c.answerTo(raw, c.send([]byte(raw.tag+" COMPRESS DEFLATE\r\n")))
	if err == nil {
		err = c.deflate()
	}
	if _, refused := errors.AsType[*Error](err); err != nil && !refused {
		return fmt.Errorf("%s: %w", name, c.fail(err)) // the server may be compressing
	}
	return err
}

// packs reports whether what is written is compressed.
func (c *Conn) packs() bool {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.out.w != nil
}

// deflate has all that is written from now on be compressed.
func (c *Conn) deflate() (err error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.out.w, err = flate.NewWriter(&c.out.packed, level)
	return err
}

// inflate has all that follows the line read last be inflated, also what is here
// already: unlike with STARTTLS it belongs to what was agreed (RFC 4978 section 3). It
// is called by the reading goroutine.
func (c *Conn) inflate() {
	c.trace(Line{Text: "(compressed from here on, both ways)"})
	in := newInflater(metered{c, c.in.br, -1})
	c.in.br = bufio.NewReaderSize(metered{c, in, 1}, readBuffer)
}

// A metered reader adds what is read to Stats.Inflated, or takes it away.
type metered struct {
	c    *Conn
	in   io.Reader
	sign int64
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	m.c.stats.Inflated += m.sign * int64(n)
	if errors.Is(err, errInflate) {
		err = protocolError(nil, err)
	}
	return n, err
}

// A deflater compresses what is written; the zero value leaves it as it is. It is
// guarded by writeMu.
type deflater struct {
	w      *flate.Writer // nil: no compression
	packed bytes.Buffer
}

// level is how well what is sent is compressed: without looking for strings that come
// again. What is sent are UIDs mostly, of which it leaves half, as do the levels that
// take five times as long.
const level = flate.HuffmanOnly

// pack returns octets as they are to be sent, all of them, so that no command waits for
// another one. They are valid until the next call.
func (d *deflater) pack(p []byte) ([]byte, error) {
	d.packed.Reset()
	if _, err := d.w.Write(p); err != nil {
		return nil, err
	}
	if err := d.w.Flush(); err != nil {
		return nil, err
	}
	return d.packed.Bytes(), nil
}

// writePacked writes octets, compressed if the connection is; writeMu is held.
func (c *Conn) writePacked(p []byte) (int, error) {
	if c.out.w == nil {
		return c.write(p)
	}
	packed, err := c.out.pack(p)
	if err != nil {
		return 0, c.fail(fmt.Errorf("compress what is to be sent: %w", err))
	}
	c.mu.Lock()
	saved := int64(len(p) - len(packed))
	c.stats.Sent -= saved // all of it was counted
	c.stats.Deflated += saved
	c.mu.Unlock()
	if _, err := c.write(packed); err != nil {
		return 0, err
	}
	return len(p), nil
}
