package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"
)

// programIdentity tells this program from every other, also from one that was built anew
// of sources that have no version: what one build came to is not for another to believe.
// Empty: that cannot be told.
func programIdentity() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Stat(path) // none if it was replaced meanwhile
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d %d", info, file.Size(), file.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:])
}
