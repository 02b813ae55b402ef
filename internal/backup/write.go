package backup

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// The rights of what is made: mail is for its owner.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// A writing is the writing of a message's files into their directory.
type writing struct {
	root    *os.Root
	dir     string
	through func(io.Writer) io.Writer // nil: nothing
}

// temporary writes a file of which it returns the name and the hash, and flushes it to
// the disk. It has the size, and was read again. Where it cannot, nothing is left of it.
func (w writing) temporary(size int64, fill func(io.Writer) error) (name string, sum [sha256.Size]byte, err error) {
	name = path.Join(w.dir, ".tmp-"+rand.Text())
	if sum, err = w.fill(name, size, fill); err == nil {
		err = w.compare(name, size, sum)
	}
	if err == nil {
		return name, sum, nil
	}
	if remove := w.root.Remove(name); !errors.Is(remove, os.ErrNotExist) {
		err = errors.Join(err, remove)
	}
	return "", sum, err
}

func (w writing) fill(name string, size int64, fill func(io.Writer) error) (sum [sha256.Size]byte, err error) {
	file, err := w.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var to io.Writer = file
	if w.through != nil {
		to = w.through(file)
	}
	hash, count := sha256.New(), new(counter)
	// Hashed is what came, so that what the disk makes of it shows when it is read again.
	if err := fill(io.MultiWriter(hash, count, to)); err != nil {
		return sum, err
	}
	if int64(*count) != size {
		return sum, fmt.Errorf("%d octets came of it, and it should have %d", *count, size)
	}
	return [sha256.Size]byte(hash.Sum(nil)), file.Sync()
}

// compare reads a file again.
func (w writing) compare(name string, size int64, sum [sha256.Size]byte) error {
	info, err := w.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no plain file")
	}
	file, err := w.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(check(file, size, sum), file.Close())
}

// check reads to the end, and says how what it read is not what it should be.
func check(r io.Reader, size int64, sum [sha256.Size]byte) error {
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	switch {
	case err != nil:
		return err
	case n != size:
		return fmt.Errorf("it has %d octets, and should have %d", n, size)
	case [sha256.Size]byte(hash.Sum(nil)) != sum:
		return errors.New("its octets are not those that were written: their SHA-256 differs")
	}
	return nil
}

// A counter counts what is written to it, in octets.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
