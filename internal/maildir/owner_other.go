//go:build !unix || aix || solaris

package maildir

import "os"

func inheritOwner(*os.File) error { return nil }

func makeDir(name string, mode os.FileMode) error { return os.Mkdir(name, mode) }
