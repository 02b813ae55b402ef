package maildir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// copyFile makes the message's file be there under the name to as well. Messages never change, so it is a second link
// where the file system has links, and keeps the time in any case. The octets are on disk before the name is there.
func copyFile(from, to string) (err error) {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("copy to %q: it exists already", to)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if err := src.Sync(); err != nil {
		return fmt.Errorf("flush %q: %w", from, err)
	}
	err = os.Link(from, to)
	if !cannotLink(err) {
		return err
	}
	return copyOctets(src, to)
}

// cannotLink says whether linking failed for a reason that copying has not.
func cannotLink(err error) bool {
	for _, errno := range []error{syscall.EXDEV, syscall.EPERM, syscall.EMLINK, syscall.ENOTSUP, syscall.ENOSYS} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// copyOctets copies an open message by way of the destination folder's tmp.
func copyOctets(src *os.File, to string) error {
	info, err := src.Stat()
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(filepath.Dir(to)), "tmp", uniqueName())
	dst, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	if err = inheritOwner(dst); err == nil {
		_, err = io.Copy(dst, src)
	}
	if err == nil {
		err = dst.Sync()
	}
	if err = errors.Join(err, dst.Close()); err == nil {
		err = os.Chtimes(temp, time.Time{}, info.ModTime())
	}
	if err == nil {
		err = renameFile(temp, to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}
