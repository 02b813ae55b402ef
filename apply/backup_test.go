package apply_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/backup"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

func newStore(t *testing.T) *backup.Store {
	return &backup.Store{Dir: filepath.Join(t.TempDir(), "backups"), Run: "run", Now: func() time.Time { return made }}
}

// keptUIDs are the messages of which there is a whole backup, by folder.
func keptUIDs(t *testing.T, s *backup.Store) map[string]bool {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Dir, "*", "*", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for _, file := range found {
		m, err := backup.Read(file)
		if err != nil {
			t.Errorf("a backup with a name is not whole: %v", err)
			continue
		}
		kept[fmt.Sprintf("%s %d", m.Folder, m.UID)] = true
	}
	return kept
}

// purge is a plan that deletes messages 1 to 4 of INBOX for good.
func purge(t *testing.T) (*model.Account, *plan.Plan) {
	t.Helper()
	a := model.New(model.Variants()[0])
	fill(a, "INBOX", letters(5)...)
	return a, planned(a, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, 1, 2, 3, 4))
}

// A message is marked \Deleted only once there is a backup of it, which is whole and
// has its flags and date; what is moved is not kept.
func TestBackupBeforeDelete(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a, p := everything(t, v)
		s := newStore(t)
		expunged := 0
		a.Before = func(op model.Op) error {
			marks := op.Name == "UID STORE" && op.Add && op.Flags.Has(imap.FlagDeleted)
			if op.Folder != "INBOX" || !marks && op.Name != "UID EXPUNGE" {
				return nil
			}
			uids, _ := op.UIDs.Nums()
			for _, uid := range uids {
				if uid != 9 && uid != 10 {
					continue // moved
				}
				expunged++
				if !keptUIDs(t, s)[fmt.Sprintf("INBOX %d", uid)] {
					t.Errorf("%s of message %d, of which there is no backup", op.Name, uid)
				}
			}
			return nil
		}
		r, err := apply.Run(t.Context(), p, a, apply.Options{Backup: s})
		if err != nil {
			t.Fatal(err)
		}
		careful(t, a)
		complete(t, r)
		want := 0
		if v.Can.UIDPlus {
			want = 2
		}
		if kept := keptUIDs(t, s); expunged != 2*want || len(kept) != want || r.Messages.Deleted != want {
			t.Errorf("%d times marked or expunged, %d deleted, kept are %v", expunged, r.Messages.Deleted, kept)
		}
	})
}

// refusing is a backup that some messages cannot be kept in.
type refusing struct {
	apply.Backup
	refuse func(apply.Kept) error
}

func (r refusing) Keep(ctx context.Context, k apply.Kept, read func(io.Writer) error) (string, error) {
	if err := r.refuse(k); err != nil {
		return "", err
	}
	return r.Backup.Keep(ctx, k, read)
}

// What cannot be backed up is not deleted, and not even marked; what can be, is.
func TestBackupFails(t *testing.T) {
	t.Run("of one message", func(t *testing.T) {
		a, p := purge(t)
		s := newStore(t)
		r := run1(t, a, p, refusing{s, func(k apply.Kept) error {
			if k.UID == 2 {
				return syscall.ENOSPC
			}
			return nil
		}})
		o := r.Steps[0]
		if o.Status != apply.StatusFailed || !errors.Is(o.Err, syscall.ENOSPC) || o.Done.Deleted != 3 {
			t.Errorf("outcome %+v", o)
		}
		wantErr(t, o.Err, "1 messages", "could not be backed up", "not deleted")
		wantFolder(t, a, "INBOX", "letter 0001", "letter 0004")
	})
	t.Run("of all", func(t *testing.T) {
		a, p := purge(t)
		before := a.Dump()
		r := run1(t, a, p, refusing{newStore(t), func(apply.Kept) error { return syscall.ENOSPC }})
		wantErr(t, r.Steps[0].Err, "4 messages", "could not be backed up")
		if a.Dump() != before {
			t.Errorf("the mailbox was changed:\n%s", a.Dump())
		}
	})
	t.Run("because no directory can be made", func(t *testing.T) {
		a, p := purge(t)
		before := a.Dump()
		s := newStore(t)
		if err := os.WriteFile(s.Dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		r := run1(t, a, p, s)
		wantErr(t, r.Steps[0].Err, s.Dir)
		if a.Dump() != before {
			t.Errorf("the mailbox was changed:\n%s", a.Dump())
		}
	})
}

// run1 applies a plan with a backup.
func run1(t *testing.T, a *model.Account, p *plan.Plan, b apply.Backup) *apply.Result {
	t.Helper()
	r, err := apply.Run(t.Context(), p, a, apply.Options{Backup: b})
	if err != nil {
		t.Errorf("run: %v", err)
	}
	careful(t, a)
	return r
}

// misreading is a server that sends other octets than it has, of message 2.
type misreading struct {
	*model.Account
	change func(string) string
}

func (m misreading) Read(ctx context.Context, uid imap.UID, w io.Writer) error {
	var text strings.Builder
	if err := m.Account.Read(ctx, uid, &text); err != nil || uid != 2 {
		_, writing := io.WriteString(w, text.String())
		return errors.Join(err, writing)
	}
	_, err := io.WriteString(w, m.change(text.String()))
	return err
}

func TestBackupOfLiar(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"too few":  func(s string) string { return s[1:] },
		"too many": func(s string) string { return s + "." },
		"none":     func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			a, p := purge(t)
			s := newStore(t)
			r, err := apply.Run(t.Context(), p, misreading{a, change}, apply.Options{Backup: s})
			if err != nil {
				t.Fatal(err)
			}
			wantErr(t, r.Steps[0].Err, "1 messages", "octets came of it")
			wantFolder(t, a, "INBOX", "letter 0001", "letter 0004")
			if kept := keptUIDs(t, s); len(kept) != 3 {
				t.Errorf("kept are %v", kept)
			}
		})
	}
}

// What changes while messages are kept is seen.
func TestBackupTakesTime(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*model.Account)
		left      []string
		says      string
	}{
		"flagged": {
			meanwhile: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil) },
			left:      []string{"letter 0000 flagged", "letter 0004"},
		},
		"gone": {
			meanwhile: func(a *model.Account) { a.Vanish("INBOX", 1) },
			left:      []string{"letter 0004"},
		},
		"gone before it is read": {
			meanwhile: func(a *model.Account) { a.Vanish("INBOX", 2) },
			left:      []string{"letter 0004"}, says: "it is gone",
		},
		"deleted by somebody": {
			meanwhile: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagDeleted}, nil) },
			left:      []string{"letter 0000 deleted", "letter 0004"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, p := purge(t)
			a.After = once("UID FETCH BODY.PEEK[]", func() { c.meanwhile(a) })
			r := run1(t, a, p, newStore(t))
			if c.says != "" {
				wantErr(t, r.Steps[0].Err, c.says)
			} else if r.Steps[0].Err != nil {
				t.Errorf("error %v", r.Steps[0].Err)
			}
			wantFolder(t, a, "INBOX", c.left...)
		})
	}
}

// A run that is asked to stop while it keeps messages deletes none of them.
func TestBackupStops(t *testing.T) {
	a, p := purge(t)
	before := a.Dump()
	stop := make(chan struct{})
	a.After = once("UID FETCH BODY.PEEK[]", func() { close(stop) })
	r, err := apply.Run(t.Context(), p, a, apply.Options{Backup: newStore(t), Stop: stop})
	if err != nil || !r.Interrupted {
		t.Errorf("%+v, %v", r, err)
	}
	careful(t, a)
	if a.Dump() != before {
		t.Errorf("the mailbox was changed:\n%s", a.Dump())
	}
}

// Whatever operation fails, and however, what is gone is kept.
func TestBackupSurvivesFaults(t *testing.T) {
	whole, p := purge(t)
	run1(t, whole, p, newStore(t))
	for n := 1; n <= whole.Ops(); n++ {
		for _, after := range []bool{false, true} {
			for _, fault := range []error{errRefused, model.ErrLost} {
				t.Run(fmt.Sprintf("%d after=%t %v", n, after, fault), func(t *testing.T) {
					a, p := purge(t)
					s := newStore(t)
					failing := failAt(a, n, after, fault)
					r, err := apply.Run(t.Context(), p, a, apply.Options{Backup: s})
					if gone := errors.Is(fault, model.ErrLost); gone && err == nil && !r.Complete() {
						t.Errorf("%s: the run ended without an error", failing.Name)
					}
					careful(t, a)
					kept := keptUIDs(t, s)
					for _, uid := range []imap.UID{1, 2, 3, 4} {
						if !slices.Contains(a.UIDs("INBOX"), uid) && !kept[fmt.Sprintf("INBOX %d", uid)] {
							t.Errorf("%s: message %d is gone without a backup", failing.Name, uid)
						}
					}
					a.Before, a.After = nil, nil
					a.Reconnect()
					run1(t, a, p, s)
				})
			}
		}
	}
}
