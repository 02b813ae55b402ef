package maildir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

const (
	uidValidityFile   = "imapform-uidvalidity"
	uidValidityHeader = "imapform-uidvalidity 1 "
)

// newUIDValidity returns a UIDVALIDITY that no folder of the tree has ever had, greater than all before it. The caller
// holds the tree's lock.
func (t *Tree) newUIDValidity() (uint32, error) {
	last, err := t.lastUIDValidity()
	if err != nil {
		return 0, fmt.Errorf("find a new UIDVALIDITY: %w", err)
	}
	if last == math.MaxUint32 {
		return 0, errors.New("find a new UIDVALIDITY: they are used up")
	}
	next := max(last+1, uint32(time.Now().Unix()))
	line := uidValidityHeader + strconv.FormatUint(uint64(next), 10) + "\n"
	if err := replaceFile(filepath.Join(t.dir, uidValidityFile), []byte(line)); err != nil {
		return 0, fmt.Errorf("write the new UIDVALIDITY: %w", err)
	}
	return next, nil
}

// lastUIDValidity returns the highest that was given: by the file that keeps it, or else by what the folders have.
func (t *Tree) lastUIDValidity() (uint32, error) {
	data, err := readSmallFile(filepath.Join(t.dir, uidValidityFile), 100)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errDamaged) {
		return 0, err
	}
	if last, ok := parseUIDValidity(data); ok {
		return last, nil
	}
	names, err := t.folders()
	if err != nil {
		return 0, err
	}
	last := uint32(0)
	for _, name := range names {
		head, err := readHead(filepath.Join(t.path(name), uidListFile), 200)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		last = max(last, traceOfValidity(head))
	}
	return last, nil
}

func parseUIDValidity(data []byte) (uint32, bool) {
	var last uint32
	n, err := fmt.Sscanf(string(data), uidValidityHeader+"%d\n", &last)
	return last, err == nil && n == 1 && string(data) == uidValidityHeader+strconv.FormatUint(uint64(last), 10)+"\n"
}

// traceOfValidity finds the UIDVALIDITY even in the head of a damaged list; 0 if there is no trace of one.
func traceOfValidity(head []byte) uint32 {
	found := regexp.MustCompile(`V([0-9]{1,10})`).FindSubmatch(head)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseUint(string(found[1]), 10, 32)
	if err != nil || n > uint64(time.Now().AddDate(30, 0, 0).Unix()) {
		return 0 // damage too: it would use up the numbers
	}
	return uint32(n)
}

// readHead returns at most the first n octets of a file.
func readHead(name string, n int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(f, n))
	return head, errors.Join(err, f.Close())
}
