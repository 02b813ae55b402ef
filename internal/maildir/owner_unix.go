//go:build unix && !aix && !solaris

package maildir

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// inheritOwner gives a file or directory that we have just made the owner of the directory it is in. Only root can, and
// only then is it needed: what belongs to root would lock out the user's own programs and the delivery agent. It goes by
// the open file, since the name could lead elsewhere by now.
func inheritOwner(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	parent, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	made, err := f.Stat()
	if err != nil {
		return err
	}
	wanted, ok := parent.Sys().(*syscall.Stat_t)
	have, alsoOK := made.Sys().(*syscall.Stat_t)
	if !ok || !alsoOK || wanted.Uid == have.Uid && wanted.Gid == have.Gid {
		return nil
	}
	return f.Chown(int(wanted.Uid), int(wanted.Gid))
}

// makeDir makes a directory that belongs to whom the one above belongs to.
func makeDir(name string, mode os.FileMode) error {
	if err := os.Mkdir(name, mode); err != nil {
		return err
	}
	d, err := os.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	return errors.Join(inheritOwner(d), d.Close())
}
