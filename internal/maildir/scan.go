package maildir

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	scanAttempts = 4
	scanPause    = 15 * time.Millisecond // longer than the steps in which file systems keep time
)

// A file is a message's file as a scan of the folder found it.
type file struct {
	place place
	key   string // unique in the folder, see fileName.key; of a second file with the same key its whole name
	twin  bool   // there is another file with the same identity
}

// A scan is what is in a folder's cur and new.
type scan struct {
	files map[string]file // by key
	times dirTimes
	// whole is false if the directories kept changing, so that files that are there may be missing.
	whole bool
	// settled is true if a later change would show in times.
	settled bool
	// doubtful is true if two files were seen that may be one, renamed while it was looked at.
	doubtful bool
}

// dirTimes are the times of the last change of a folder's directories.
type dirTimes struct{ cur, recent time.Time }

func readDirTimes(dir string) (dirTimes, error) {
	cur, err := os.Stat(filepath.Join(dir, "cur"))
	if err != nil {
		return dirTimes{}, err
	}
	recent, err := os.Stat(filepath.Join(dir, "new"))
	if err != nil {
		return dirTimes{}, err
	}
	return dirTimes{cur.ModTime(), recent.ModTime()}, nil
}

// settledAt says whether a change after the moment would be seen in the times: file systems tell time in steps.
func (d dirTimes) settledAt(moment time.Time) bool {
	last := d.cur
	if d.recent.After(last) {
		last = d.recent
	}
	step := scanPause
	if d.cur.Nanosecond() == 0 && d.recent.Nanosecond() == 0 {
		step = 2 * time.Second // a file system with coarse times
	}
	return last.Add(step).Before(moment)
}

// scanFolder lists the messages of the folder at dir. While another program renames files a listing can miss one
// although it is always there; so if one of the keys in expected is missing the folder is listed until it holds still.
func scanFolder(dir string, expected func(key string) bool, expectedCount int) (*scan, error) {
	for attempt := 1; ; attempt++ {
		s, err := scanOnce(dir)
		if err != nil {
			return nil, err
		}
		found := 0
		for key := range s.files {
			if expected(key) {
				found++
			}
		}
		s.whole = s.whole && (s.settled || found == expectedCount && !s.doubtful)
		if s.whole || attempt == scanAttempts {
			return s, nil
		}
		time.Sleep(scanPause)
	}
}

func scanOnce(dir string) (*scan, error) {
	start := time.Now()
	before, err := readDirTimes(dir)
	if err != nil {
		return nil, err
	}
	// new comes first: what another program moves to cur meanwhile is then found at least once.
	var places []place
	for _, recent := range []bool{true, false} {
		if places, err = readPlaces(dir, recent, places); err != nil {
			return nil, err
		}
	}
	after, err := readDirTimes(dir)
	if err != nil {
		return nil, err
	}
	s := &scan{times: before, whole: before == after}
	s.settled = s.whole && before.settledAt(start)
	s.files, s.doubtful = filesByKey(places, s.settled)
	return s, nil
}

func readPlaces(dir string, recent bool, places []place) ([]place, error) {
	sub := "cur"
	if recent {
		sub = "new"
	}
	d, err := os.Open(filepath.Join(dir, sub))
	if err != nil {
		return nil, err
	}
	for {
		entries, err := d.ReadDir(4096)
		for _, e := range entries {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				places = append(places, place{recent, e.Name()})
			}
		}
		if err == io.EOF {
			return places, d.Close()
		}
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
}

// filesByKey gives each file a key. Two files of one identity are two messages if the folder held still; otherwise only
// one of them is taken and doubtful is true.
func filesByKey(places []place, still bool) (files map[string]file, doubtful bool) {
	files = make(map[string]file, len(places))
	for _, p := range places {
		f := file{place: p, key: parseFileName(p.name).key()}
		first, twin := files[f.key]
		if !twin {
			files[f.key] = f
			continue
		}
		if comparePlaces(f.place, first.place) < 0 {
			f.place, first.place = first.place, f.place
		}
		first.twin = still
		files[first.key] = first
		if still {
			f.twin, f.key = true, f.place.in("")
			files[f.key] = f
		}
	}
	return files, !still && len(files) < len(places)
}

// comparePlaces orders files with the same identity: cur before new, since that is where a file goes.
func comparePlaces(a, b place) int {
	if a.recent != b.recent {
		if a.recent {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.name, b.name)
}

// inOrderOfArrival sorts keys by the time that their names begin with, as Dovecot does for files without a UID.
func inOrderOfArrival(keys []string) {
	seconds := make(map[string]uint64, len(keys))
	for _, key := range keys {
		digits, _, _ := strings.Cut(filepath.Base(key), ".")
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
			seconds[key] = n
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(seconds[a], seconds[b]), cmp.Compare(a, b))
	})
}
