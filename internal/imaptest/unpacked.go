package imaptest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CacheVariable is the environment variable with the folder into which install.sh unpacks servers.
const CacheVariable = "IMAPFORM_TEST_SERVERS"

// unpacked is the folder that install.sh unpacked a server into, or the reason why it cannot be used.
func unpacked(name Name, program string) (string, error) {
	cache := os.Getenv(CacheVariable)
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", missing(fmt.Sprintf("look for the cache folder: %v", err))
		}
		cache = filepath.Join(home, ".cache", "imapform-test-servers")
	}
	folder := filepath.Join(cache, string(name))
	if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
		return "", missing("it is not in " + cache + "; run internal/imaptest/install.sh")
	}
	if out, err := exec.Command("unshare", "--mount", "--pid", "--fork", "mount", "-n", "-t", "tmpfs", "tmpfs", "/run").CombinedOutput(); err != nil {
		return "", missing(fmt.Sprintf("it needs root's rights and mounts of its own: %v: %s", err, strings.TrimSpace(string(out))))
	}
	return folder, nil
}

// libraries is the environment with which programs below root find the libraries that were unpacked with them.
func libraries(root, below string) (string, error) {
	var folders []string
	for _, pattern := range []string{"usr/lib", "usr/lib/*-linux-gnu*", "lib/*-linux-gnu*", "usr/lib/courier-authlib"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return "", err
		}
		for _, folder := range found {
			folders = append(folders, below+strings.TrimPrefix(folder, root))
		}
	}
	return "LD_LIBRARY_PATH=" + strings.Join(folders, ":"), nil
}
