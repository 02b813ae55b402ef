package imaptest

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// An owner is the user and group whose files mail is.
type owner struct {
	name, group string
	uid, gid    int
}

// mailUser is nobody for root, since Dovecot gives root no mail, and this process's user else.
func mailUser() (owner, error) {
	u, err := user.Current()
	if err == nil && u.Uid == "0" {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return owner{}, fmt.Errorf("look for a user to own mail: %w", err)
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return owner{}, fmt.Errorf("look for a group to own mail: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return owner{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return owner{u.Username, g.Name, uid, gid}, err
}

// giveAway makes everything under path the owner's.
func giveAway(path string, to owner) error {
	return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, to.uid, to.gid)
	})
}
