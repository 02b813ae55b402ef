package backup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/imapform/imapform/apply"
)

// A Message is one that is kept.
type Message struct {
	apply.Kept
	SHA256 [sha256.Size]byte
	At     time.Time // when it was kept
	Run    string    // the ID of the run that kept it; empty: not known
	Path   string    // of the file with its octets
}

// Read looks at a message that is kept, by the path of its file: the sidecar must be
// one, must be this message's, and the octets must be those that were written.
func Read(file string) (Message, error) {
	m, err := read(file)
	if err != nil {
		return Message{}, fmt.Errorf("read the backup %s: %w", file, err)
	}
	return m, nil
}

func read(file string) (Message, error) {
	if !strings.HasSuffix(file, messageEnding) {
		return Message{}, fmt.Errorf("it is no message: its name does not end in %s", messageEnding)
	}
	m, err := readSidecar(sidecarOf(file))
	if err != nil {
		return Message{}, err
	}
	m.Path = file
	if want := fileOf(m.Kept, m.SHA256) + messageEnding; filepath.Base(file) != want {
		return Message{}, fmt.Errorf("its sidecar is of another message, %s", want)
	}
	octets, err := m.Open()
	if err != nil {
		return Message{}, err
	}
	return m, errors.Join(check(octets, m.Size, m.SHA256), octets.Close())
}

// readSidecar reads a sidecar, the error of which names it.
func readSidecar(file string) (Message, error) {
	f, err := os.Open(file)
	if err != nil {
		return Message{}, fmt.Errorf("what the server knew of it: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSidecar+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return Message{}, fmt.Errorf("what the server knew of it: %w", err)
	}
	m, err := decode(text)
	if err != nil {
		return Message{}, fmt.Errorf("its sidecar %s: %w", filepath.Base(file), err)
	}
	return m, nil
}

// Open opens the message's octets.
func (m Message) Open() (*os.File, error) {
	info, err := os.Stat(m.Path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	return os.Open(m.Path)
}

// sidecarOf is the sidecar of a message's file.
func sidecarOf(file string) string { return strings.TrimSuffix(file, messageEnding) + sidecarEnding }

// pathOf is the file of a name that Keep returned.
func pathOf(dir, name string) (string, error) {
	local := filepath.FromSlash(path.Clean(name))
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("the name of a backup, %q, leads out of its directory", name)
	}
	return filepath.Join(dir, local), nil
}
