package journal

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// errSharing is Windows' ERROR_SHARING_VIOLATION.
const errSharing = syscall.Errno(32)

// openHeld opens a journal for writing, so that others can read it, but not open it in
// this way until it is closed.
func openHeld(path string, flags int) (*os.File, error) {
	create := uint32(syscall.OPEN_EXISTING)
	if flags&os.O_CREATE != 0 {
		create = syscall.CREATE_NEW
	}
	return open(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, create)
}

// isHeld says whether somebody has opened the journal for writing.
func isHeld(path string) (bool, error) {
	f, err := open(path, syscall.GENERIC_READ, syscall.OPEN_EXISTING)
	if errors.Is(err, ErrRunning) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, f.Close()
}

func open(name string, access, create uint32) (*os.File, error) {
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	handle, err := syscall.CreateFile(path, access, syscall.FILE_SHARE_READ, nil, create, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, ErrRunning
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(handle), name), nil
}
