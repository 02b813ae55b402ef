package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// verdictsMagic is what a file of verdicts begins with. Such a file is five things in a
// row: the magic, the account, the key and the content, as texts, and the CRC-32C of
// all before it (4 octets, little-endian). Who changes the format changes the magic.
const verdictsMagic = "imapform verdicts 1"

// maxVerdicts is how large a file of verdicts may be, in octets.
const maxVerdicts = 16 << 20

// Verdicts returns what KeepVerdicts was last given, if that was under the same key;
// false: nothing that can be used. What the content says, and which key it holds good
// under, is for those to say who keep it.
func (a *Account) Verdicts(key string) ([]byte, bool) {
	file, info, ok := a.open(a.verdictsPath())
	if !ok {
		return nil, false
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxVerdicts+1))
	if err != nil {
		return nil, false
	}
	content, ok := readVerdicts(b, a.key, key)
	if ok {
		a.touch(file, info)
	}
	return content, ok
}

// KeepVerdicts remembers the content under the key, in place of what was remembered
// before, be it under another key. After an error that is still there. Like a folder it
// need not outlive a crash of the machine. Drop, of whatever folder, and DropAll forget
// it.
func (a *Account) KeepVerdicts(key string, content []byte) error {
	b := appendVerdicts(nil, a.key, key, content)
	if len(b) > maxVerdicts {
		return fmt.Errorf("remember verdicts: %d octets are too many", len(b))
	}
	if err := replace(a.verdictsPath(), b); err != nil {
		return fmt.Errorf("remember verdicts: %w", err)
	}
	return nil
}

func (a *Account) verdictsPath() string {
	return filepath.Join(a.dir, hiddenOf(ofVerdicts, a.key))
}

func appendVerdicts(b []byte, account, key string, content []byte) []byte {
	for _, text := range []string{verdictsMagic, account, key, string(content)} {
		b = appendText(b, text)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// readVerdicts returns the content of a file for that account and key.
func readVerdicts(b []byte, account, key string) ([]byte, bool) {
	sumAt := len(b) - 4
	if sumAt < 0 || len(b) > maxVerdicts || crc32.Checksum(b[:sumAt], castagnoli) != binary.LittleEndian.Uint32(b[sumAt:]) {
		return nil, false
	}
	in := cursor{rest: b[:sumAt]}
	for _, text := range []string{verdictsMagic, account, key} {
		if in.text() != text {
			return nil, false
		}
	}
	content := in.take(in.uvarint())
	if in.bad || len(in.rest) > 0 {
		return nil, false
	}
	return content, true
}

// replace makes a file hold the octets: all of them, or it stays as it was.
func replace(path string, b []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+unwritten+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(b)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // else it goes once it is old
	}
	return err
}
