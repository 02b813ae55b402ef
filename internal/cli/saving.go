package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// maySave says whether a plan can be saved in a file, before any time is spent on the
// plan. Without a name none is to be saved.
func (inv *invocation) maySave(file string) error {
	if file == "" {
		return nil
	}
	if err := inv.mayCreate(file); err != nil {
		return cannotSave(err)
	}
	return nil
}

// mayCreate says whether a file of that name may be made, or made anew.
func (inv *invocation) mayCreate(file string) error {
	path := inv.path(file)
	info, err := os.Stat(path)
	switch {
	case slices.ContainsFunc(sources, func(ending string) bool { return strings.HasSuffix(file, ending) }):
		return fmt.Errorf("%s would be read as a part of the configuration: give it another name, such as tidy.plan", file)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("there is a %s already, and it is no file", file)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	switch info, err := os.Stat(filepath.Dir(path)); {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("there is a %s already, and it is no directory", filepath.Dir(file))
	}
	return nil
}

// sources are the ends of names of files that belong to a configuration.
var sources = []string{".hcl", ".imap.json", ".imapvars.json", ".imaptest.json"}

func cannotSave(err error) error { return &problem{"Cannot save the plan", sentence(err.Error())} }

// save writes the plans that there are to a file, also those that break a rail, which
// the file says of them. Where an interrupt kept accounts from being planned, or none
// could be, it writes nothing.
func (inv *invocation) save(file string, all []*planned) error {
	missing := unplanned(all)
	if file == "" || inv.stopped() || len(missing) == len(all) {
		return nil
	}
	saved := plan.Saved{FormatVersion: plan.FormatVersion, ID: rand.Text(), Tool: "imapform " + inv.Version, Hidden: hiddenOf(all)}
	broken := false
	for _, p := range all {
		if p.plan != nil {
			saved.Made = p.plan.Made // the same of all
			saved.Accounts = append(saved.Accounts, plan.SavedAccount{Place: p.place, Plan: p.plan})
			broken = broken || len(p.plan.Broken) > 0
		}
	}
	data, err := plan.Encode(&saved)
	if err != nil {
		return cannotSave(err)
	}
	if err := writeWhole(inv.path(file), data); err != nil {
		return cannotSave(err)
	}
	o := inv.stdout
	o.Missing = addressesOf(missing)
	err = render.Saved(inv.Stdout, file, len(saved.Accounts), !broken && len(withChanges(all)) > 0, o)
	if err != nil {
		return &problem{"Cannot write to standard output", err.Error()}
	}
	return nil
}

// writeWhole replaces a file by one that only its owner can read, so that there is
// always either the old one or all of the new one.
func writeWhole(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".imapform-*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
