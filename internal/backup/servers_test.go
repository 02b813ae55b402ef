package backup_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/backup"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

const folder = "Lists/Bücher & mehr"

// odd are messages whose octets servers might want to improve.
func odd() []imaptest.Message {
	var all []imaptest.Message
	for i, text := range []string{
		"Hello.\r\n", "Hello", "caf\xe9 \x80\r\n", ".\r\n..\r\nFrom here\r\n\r\n\r\n", "", strings.Repeat("A line of text, again and again, until it is large.\r\n", 100_000),
	} {
		header := fmt.Sprintf("From: a@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: n\xc3\xbcmber %d\r\n\r\n", i, i)
		all = append(all, imaptest.Message{
			Flags: []string{`\Seen`, "$Work"}[:i%3], Date: time.Date(2025, 2, 3, 23, i, 6, 0, time.FixedZone("", -5*3600)), Body: []byte(header + text),
		})
	}
	return all
}

// On real servers what was deleted comes back octet by octet, with its flags and dates;
// a second time nothing is added.
func TestServers(t *testing.T) {
	for _, name := range imaptest.Names() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			a := imaptest.Start(t, name).Account(t)
			imaptest.Append(t, a, folder, odd()...)
			before := contents(t, a)
			r := imaptest.Proxy(t, a.Dial, imaptest.Script{})
			s := dial(t, a, r.Addr())
			store := &backup.Store{Dir: filepath.Join(t.TempDir(), "backups")}
			names := &named{Backup: store}
			result, err := apply.Run(t.Context(), everythingGone(t, s), s, apply.Options{Backup: names})
			if err != nil || !result.Complete() || result.Messages.Deleted != len(before) {
				t.Fatalf("%+v, %v", result, err)
			}
			if left := contents(t, a); len(left) > 0 {
				t.Errorf("left are %v", left)
			}
			for _, there := range []bool{false, true} {
				all, err := backup.Restore(t.Context(), s, backup.Order{Account: "account.test", Dir: store.Dir, Names: names.all})
				if err != nil || len(all) != len(before) {
					t.Fatalf("%v, %v", all, err)
				}
				for _, m := range all {
					if m.Err != nil || m.There != there || len(m.Lacks) > 0 || m.UID == 0 || m.UIDValidity == 0 {
						t.Errorf("restored %+v", m)
					}
				}
				if diff := cmp.Diff(before, contents(t, a)); diff != "" {
					t.Errorf("the mailbox (- before, + after):\n%s", diff)
				}
			}
			if peeks := strings.Count(r.Transcript(), "BODY.PEEK[]<0."); r.Sent("APPEND") != len(before) || peeks != len(before) {
				t.Errorf("%d messages were read by BODY.PEEK[], and %d appended", peeks, r.Sent("APPEND"))
			}
		})
	}
}

// named remembers the names of backups.
type named struct {
	apply.Backup
	all []string
}

func (n *named) Keep(ctx context.Context, k apply.Kept, read func(io.Writer) error) (string, error) {
	name, err := n.Backup.Keep(ctx, k, read)
	if err == nil {
		n.all = append(n.all, name)
	}
	return name, err
}

// contents are the messages of the folder without their UIDs, in an order of their own.
func contents(t *testing.T, a imaptest.Account) (all []string) {
	t.Helper()
	for _, m := range imaptest.Snapshot(t, a).Folders[folder].Messages {
		all = append(all, fmt.Sprint(m.Hash, m.Flags, m.Date.UTC(), m.Size))
	}
	slices.Sort(all)
	return all
}

// dial connects through a proxy.
func dial(t *testing.T, a imaptest.Account, address string) *server.Session {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Dial(t.Context(), &config.Account{
		Address: "account.test", Host: host, Port: port, TLS: config.TLSNone, Username: a.Username, Timeout: 20 * time.Second,
		Credential: func(context.Context) (string, error) { return a.Password, nil },
	}, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Logout(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return s
}

// everythingGone is a plan that deletes all messages of the folder for good.
func everythingGone(t *testing.T, s *server.Session) *plan.Plan {
	t.Helper()
	listing, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := &plan.Plan{Account: "account.test"}
	for _, f := range listing.Folders {
		if f.Selectable {
			p.Folders = append(p.Folders, plan.Before{Name: f.Name, UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages})
		}
	}
	op := plan.File{Folder: folder, Was: folder, Away: plan.AwayPermanent}
	parts := plan.IdentityParts()
	parts.Flags = true
	if _, err := s.Answer(t.Context(), plan.Question{Folder: folder, UIDs: imap.UIDSet{{Start: 1, Stop: 100}}, Fetch: parts}, func(m *message.Message) {
		op.Messages = append(op.Messages, plan.Message{UID: m.UID, Identity: plan.IdentityOf(m), Flags: m.Flags})
	}); err != nil {
		t.Fatal(err)
	}
	p.Steps = []plan.Step{{Op: op, Because: []plan.Cause{{Address: "rule.test"}}}}
	return p
}
