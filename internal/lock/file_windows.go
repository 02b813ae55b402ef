package lock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errSharing is Windows' ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// openLocked opens the file of that name, or makes it, so that others can read it, but
// not open it in this way until it is closed: here that is the lock.
func openLocked(name string) (*os.File, error) {
	f, err := open(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, syscall.OPEN_ALWAYS)
	if err == nil {
		return f, nil
	}
	if !errors.Is(err, errSharing) {
		return nil, unusable(filepath.Dir(name), err)
	}
	r, err := open(name, syscall.GENERIC_READ, syscall.FILE_SHARE_READ|syscall.FILE_SHARE_WRITE, syscall.OPEN_EXISTING)
	if err != nil {
		return nil, &HeldError{} // by somebody who lets nobody read
	}
	held := heldBy(r)
	r.Close() // nothing was written
	return nil, held
}

func open(name string, access, share, create uint32) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	handle, err := syscall.CreateFile(path, access, share, nil, create, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(handle), name), nil
}

func unlock(*os.File) error { return nil } // closing does it

// gone cannot be told without opening the process.
func gone(int) bool { return false }
