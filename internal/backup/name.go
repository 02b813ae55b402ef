package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/imapform/imapform/apply"
)

// The endings of the two files of a message.
const (
	messageEnding = ".eml"
	sidecarEnding = ".json"
)

// folderOf is the directory of a message's folder, relative to the store's, with
// slashes.
func folderOf(k apply.Kept) string { return path.Join(tame(k.Account), tame(string(k.Folder))) }

// fileOf is the name of a message's file without its ending. Two messages that are not
// the same have two names.
func fileOf(k apply.Kept, sum [sha256.Size]byte) string {
	return fmt.Sprintf("%d-%d-%s", k.UIDValidity, k.UID, hex.EncodeToString(sum[:8]))
}

// maxTame is how many octets of a name are kept for people to read.
const maxTame = 40

// tame turns a name that strangers may have chosen into one that every file system
// takes for one file, and for no other than any other name's: what is harmless of it,
// for people who look, and a hash of it.
func tame(name string) string {
	sum := sha256.Sum256([]byte(name))
	readable := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		}
		return '_'
	}, name)
	return readable[:min(len(readable), maxTame)] + "-" + hex.EncodeToString(sum[:8])
}
