package maildir

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// infoMark begins the flags in a file name (https://cr.yp.to/proto/maildir.html).
const infoMark = ":2,"

// A fileName is the name of a message's file, taken apart. What is not understood is kept.
type fileName struct {
	base    string // unique in the folder
	flags   string // one letter each
	rest    string // what stands behind the flags, from the comma on
	hasInfo bool   // whether there is a place for flags at all
}

func parseFileName(name string) fileName {
	i := strings.LastIndex(name, infoMark)
	if i < 0 {
		return fileName{base: name}
	}
	f := fileName{base: name[:i], flags: name[i+len(infoMark):], hasInfo: true}
	if j := strings.IndexByte(f.flags, ','); j >= 0 {
		f.flags, f.rest = f.flags[:j], f.flags[j:]
	}
	return f
}

func (f fileName) String() string {
	if !f.hasInfo {
		return f.base
	}
	return f.base + infoMark + f.flags + f.rest
}

// withFlags returns the name with these letters, which are put in order as Maildir wants it.
func (f fileName) withFlags(letters string) fileName {
	sorted := []byte(letters)
	slices.Sort(sorted)
	f.flags, f.hasInfo = string(slices.Compact(sorted)), true
	return f
}

// key identifies the message within its folder: the base name without mbsync's ",U=", which mbsync puts in later.
func (f fileName) key() string {
	i := strings.Index(f.base, ",U=")
	if i < 0 {
		return f.base
	}
	end := i + len(",U=")
	for end < len(f.base) && '0' <= f.base[end] && f.base[end] <= '9' {
		end++
	}
	if end == i+len(",U=") || (end < len(f.base) && f.base[end] != ',') {
		return f.base
	}
	return f.base[:i] + f.base[end:]
}

// size returns the number of a field such as ",W=123" in the base name.
func (f fileName) size(field byte) (int64, bool) {
	for part := range strings.SplitSeq(f.base, ",") {
		if len(part) > 2 && part[0] == field && part[1] == '=' {
			n, err := strconv.ParseInt(part[2:], 10, 64)
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

// elsewhere returns a name for the same content in another place. Of the old one only the sizes are kept (see the
// package comment).
func (f fileName) elsewhere() fileName {
	base := uniqueName()
	for _, field := range []byte("SW") {
		if n, ok := f.size(field); ok {
			base += fmt.Sprintf(",%c=%d", field, n)
		}
	}
	f.base = base
	return f
}

// nameCount tells the names apart that this process makes within a microsecond. It is no state of any tree.
var nameCount atomic.Uint64

// uniqueName returns a base name that nobody else makes: time, process, count and host, as Maildir prescribes. Names
// made later sort later, by their time.
func uniqueName() string {
	now := time.Now()
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	host = strings.NewReplacer("/", `\057`, ":", `\072`, ",", `\054`).Replace(host)
	return fmt.Sprintf("%d.M%06dP%dQ%d.%s", now.Unix(), now.Nanosecond()/1000, os.Getpid(), nameCount.Add(1), host)
}

// A place is where a message's file is: a directory of the folder and the name in it.
type place struct {
	recent bool // in new, not in cur
	name   string
}

func (p place) in(folder string) string {
	if p.recent {
		return filepath.Join(folder, "new", p.name)
	}
	return filepath.Join(folder, "cur", p.name)
}
