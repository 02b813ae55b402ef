package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/state"
)

// An Entry is a journal as its file's name tells of it.
type Entry struct {
	Path    string
	Account string    // the name of the account's directory, which is state.Key.FileName
	Time    time.Time // of its beginning; later than that of all before of the account
	Run     string    // the ID
}

// The journals of an account lie in directory, in one of its own, each with the time
// and the ID of its run as name.
const (
	directory = "journal"
	suffix    = ".journal"
	timeForm  = "20060102T150405.000000Z"
)

// chain are the directories that lead to an account's journals.
func chain(dir, account string) []string {
	return []string{dir, filepath.Join(dir, directory), filepath.Join(dir, directory, account)}
}

func fileName(at time.Time, id string) string {
	return at.UTC().Format(timeForm) + "-" + id + suffix
}

// parseName is what a file's name tells. Other files are none of ours.
func parseName(name string) (at time.Time, id string, ok bool) {
	name, ok = strings.CutSuffix(name, suffix)
	if !ok {
		return at, "", false
	}
	first, id, ok := strings.Cut(name, "-")
	if !ok || checkID(id) != nil {
		return at, "", false
	}
	at, err := time.Parse(timeForm, first)
	return at, id, err == nil
}

// List lists the journals of an account, the newest first. In a directory that somebody
// else can write to there is nothing that can be believed: that is an error.
func List(dir string, key state.Key) ([]Entry, error) {
	name, err := key.FileName()
	if err != nil {
		return nil, fmt.Errorf("list the journals of an account: %w", err)
	}
	return listAccount(dir, name)
}

// ListAll lists the journals of all accounts, the newest first.
func ListAll(dir string) ([]Entry, error) {
	there, err := private(dir, filepath.Join(dir, directory))
	if !there || err != nil {
		return nil, err
	}
	accounts, err := os.ReadDir(filepath.Join(dir, directory))
	if err != nil {
		return nil, fmt.Errorf("list the journals: %w", err)
	}
	var all []Entry
	for _, account := range accounts {
		if !account.IsDir() {
			continue
		}
		entries, err := listAccount(dir, account.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	slices.SortStableFunc(all, newest)
	return all, nil
}

func newest(a, b Entry) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.Run, a.Run)) }

func listAccount(dir, account string) ([]Entry, error) {
	there, err := private(chain(dir, account)...)
	if !there || err != nil {
		return nil, err
	}
	folder := filepath.Join(dir, directory, account)
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list the journals: %w", err)
	}
	var all []Entry
	for _, f := range files {
		if at, id, ok := parseName(f.Name()); ok && f.Type().IsRegular() {
			all = append(all, Entry{filepath.Join(folder, f.Name()), account, at, id})
		}
	}
	slices.SortFunc(all, newest)
	return all, nil
}

// private says whether directories are there, and refuses those that are not private.
func private(dirs ...string) (there bool, err error) {
	for _, d := range dirs {
		if _, err := os.Stat(d); errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err := state.MakePrivate(d); err != nil {
			return false, fmt.Errorf("what journals in %s say cannot be relied upon: %w", d, err)
		}
	}
	return true, nil
}

// Last is what Find takes for the newest run.
const Last = "last"

// Find finds the journals of a run, one for each account, by its ID, by the beginning
// of it if no other run's begins so, or as the Last.
func Find(dir, id string) ([]Entry, error) {
	all, err := ListAll(dir)
	if err != nil {
		return nil, err
	}
	if id == Last && len(all) > 0 {
		id = all[0].Run
	}
	var runs []string
	for _, e := range all {
		if e.Run == id {
			runs = []string{id}
			break
		}
		if id != "" && strings.HasPrefix(e.Run, id) && !slices.Contains(runs, e.Run) {
			runs = append(runs, e.Run)
		}
	}
	switch {
	case len(runs) == 1:
		return slices.DeleteFunc(all, func(e Entry) bool { return e.Run != runs[0] }), nil
	case len(runs) > 1:
		return nil, fmt.Errorf("there are %d runs whose ID begins with %q, such as %s and %s: write more of it", len(runs), id, runs[0], runs[1])
	case len(all) == 0:
		return nil, fmt.Errorf("no run is recorded in %s", filepath.Join(dir, directory))
	default:
		return nil, fmt.Errorf("no run %q is recorded in %s: imapform history lists those that are", id, filepath.Join(dir, directory))
	}
}
