//go:build !unix || aix || solaris

package maildir

import (
	"errors"
	"os"
)

var errNoFlock = errors.New("a Maildir cannot be served on this system: it has no flock, or no ':' in file names")

func tryFlock(*os.File) (bool, error) { return false, errNoFlock }
func funlock(*os.File) error          { return errNoFlock }

func processGone(int) bool { return false }
