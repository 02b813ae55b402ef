package maildir

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/imapform/imapform/internal/utf7"
)

// inbox is the folder that is the tree's root.
const inbox = "INBOX"

// delimiter stands between the levels of a folder's name on the wire; on disk it is a dot.
const delimiter = '/'

// maxDirName is how long a file name may be on the usual file systems, in octets.
const maxDirName = 255

// folderName returns the name as folders are called here, or an error that answers the command: the first level is
// INBOX in any case of letters (RFC 9051 section 5.1), one trailing delimiter is only a hint (section 6.3.4), and what
// Maildir++ has no directory for is refused.
func folderName(name string) (string, error) {
	name = strings.TrimSuffix(name, string(delimiter))
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", cannot(name, "it holds control characters or invalid UTF-8")
	}
	levels := strings.Split(name, string(delimiter))
	for _, level := range levels {
		switch {
		case level == "":
			return "", cannot(name, "it has an empty level")
		case strings.Contains(level, "."):
			return "", cannot(name, "a dot separates the levels in a Maildir++ tree's directories")
		}
	}
	name = foldInbox(name)
	if len(dirName(name)) > maxDirName {
		return "", cannot(name, "it is too long for a directory")
	}
	return name, nil
}

// foldInbox writes the first level as it is written here if it is INBOX in any case of letters.
func foldInbox(name string) string {
	first, rest, found := strings.Cut(name, string(delimiter))
	switch {
	case !strings.EqualFold(first, inbox):
		return name
	case !found:
		return inbox
	}
	return inbox + string(delimiter) + rest
}

func cannot(name, why string) error {
	return no("CANNOT", "The folder name %q cannot be used: %s", name, why)
}

// dirName returns the directory of a folder below the root, in Maildir++'s way: .A.B; the empty string for INBOX.
func dirName(name string) string {
	if name == inbox {
		return ""
	}
	return "." + strings.ReplaceAll(utf7.Encode(name), string(delimiter), ".")
}

// nameOfDir is dirName's inverse. Directories that are no folder's, or whose name another encoding must have made, have
// none: they could not be addressed (see unnamed).
func nameOfDir(dir string) (string, bool) {
	rest, ok := strings.CutPrefix(dir, ".")
	if !ok || strings.Contains(rest, string(delimiter)) {
		return "", false
	}
	name, err := utf7.Decode(strings.ReplaceAll(rest, ".", string(delimiter)))
	if err != nil {
		return "", false
	}
	canonical, err := folderName(name)
	if err != nil || canonical != name || dirName(name) != dir || name == inbox {
		return "", false
	}
	return name, true
}

// path returns the directory of a folder.
func (t *Tree) path(name string) string { return t.pathOfDir(dirName(name)) }

// pathOfDir returns the path of a directory in the root.
func (t *Tree) pathOfDir(dir string) string { return filepath.Join(t.dir, dir) }

// parents yields the names above name, nearest first.
func parents(name string) []string {
	var up []string
	for {
		i := strings.LastIndexByte(name, delimiter)
		if i < 0 {
			return up
		}
		name = name[:i]
		up = append(up, name)
	}
}

// isBelow says whether name lies below parent.
func isBelow(name, parent string) bool { return strings.HasPrefix(name, parent+string(delimiter)) }
