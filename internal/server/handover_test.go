package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// Everything is passed in its order, with its octets, on the goroutine that asked.
func TestHandOver(t *testing.T) {
	const n = 3*batchSize + 7
	buffer := make([]byte, 16)
	i := 0
	err := handOver(t.Context(), func(_ context.Context, give func(passed)) error {
		for i := range n {
			give(passed{command: i, raw: wire.Raw{Number: uint32(i), Octets: fmt.Appendf(buffer[:0], "row %d", i)}})
		}
		give(passed{answer: &wire.Answer{}})
		return nil
	}, func(p passed) error {
		if want := fmt.Sprintf("row %d", i); i < n && (p.command != i || string(p.raw.Octets) != want) || i == n && p.answer == nil {
			t.Fatalf("%d: %d %q", i, p.command, p.raw.Octets)
		}
		i++
		return nil
	})
	if err != nil || i != n+1 {
		t.Errorf("%d passed, %v", i, err)
	}
}

// However it ends, nobody is left waiting.
func TestHandOverEnds(t *testing.T) {
	refused, failed, interrupted := errors.New("refused"), errors.New("failed"), errors.New("interrupted")
	give := func(give func(passed), n int) {
		for range n {
			give(passed{raw: wire.Raw{Octets: make([]byte, 1000)}})
		}
	}
	for name, c := range map[string]struct {
		run    func(context.Context, func(passed)) error
		take   func(passed) error
		want   error
		panics bool
	}{
		"run fails": {
			run:  func(_ context.Context, g func(passed)) error { give(g, 500); return failed },
			want: failed,
		},
		"take refuses, and little is left": {
			run: func(ctx context.Context, g func(passed)) error {
				give(g, 1000)
				return ctx.Err()
			},
			take: func(passed) error { return refused }, want: refused,
		},
		"take refuses, and the rest does not end": {
			run: func(ctx context.Context, g func(passed)) error {
				for ctx.Err() == nil {
					give(g, 1)
				}
				if context.Cause(ctx) != errDrained {
					t.Errorf("ended by %v", context.Cause(ctx))
				}
				return context.Cause(ctx)
			},
			take: func(passed) error { return refused }, want: refused,
		},
		"take panics while the server is silent": {
			run: func(ctx context.Context, g func(passed)) error {
				give(g, 2*batchSize)
				<-ctx.Done()
				return context.Cause(ctx)
			},
			take: func(passed) error { panic("oops") }, panics: true,
		},
		"take panics while the server goes on": {
			run: func(ctx context.Context, g func(passed)) error {
				for ctx.Err() == nil {
					give(g, 1)
				}
				return context.Cause(ctx)
			},
			take: func(passed) error { panic("oops") }, panics: true,
		},
		"interrupted, and the command ends all the same": {
			run: func(ctx context.Context, g func(passed)) error {
				give(g, 10*batchSize)
				return nil
			},
			take: func(passed) error { time.Sleep(time.Second); return nil }, want: interrupted,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
				ctx, cancel := context.WithCancelCause(t.Context())
				if c.want == interrupted {
					time.AfterFunc(1500*time.Millisecond, func() { cancel(interrupted) })
				}
				defer cancel(nil)
				if c.take == nil {
					c.take = func(passed) error { return nil }
				}
				defer func() {
					if found := recover(); (found != nil) != c.panics {
						t.Errorf("recovered %v", found)
					}
				}()
				if err := handOver(ctx, c.run, c.take); !errors.Is(err, c.want) {
					t.Errorf("error %v, want %v", err, c.want)
				}
			})
		})
	}
}

// A panic of who is told does not end the process, nor leave anything of the session
// behind.
func TestAnswerPanics(t *testing.T) {
	s := dialStage(t, 5000, usualRow)
	func() {
		defer func() {
			if found := recover(); found != "oops" {
				t.Errorf("recovered %v", found)
			}
		}()
		_, _ = s.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: usualParts}, func(*message.Message) { panic("oops") })
	}()
	if _, _, err := ask(t, s, plan.Question{}); err == nil {
		t.Error("the session goes on after a panic in the middle of an answer")
	}
}

// Once a folder's headers are more than may be read nothing more is told; what is left of
// a short answer is counted, and a long one is not read to its end.
func TestMaxFetchWithin(t *testing.T) {
	for name, c := range map[string]struct {
		messages, header int
		lost             bool
	}{
		"short": {1000, 1000, false},
		"long":  {40_000, 1000, true},
	} {
		t.Run(name, func(t *testing.T) {
			header := "Subject: " + strings.Repeat("x", c.header-11) + "\r\n"
			s := dialStage(t, c.messages, func(uid int) string {
				return fmt.Sprintf("* %d FETCH (UID %[1]d BODY[HEADER.FIELDS (SUBJECT)] {%d}\r\n%s)\r\n", uid, len(header), header)
			})
			s.budget.limit = 10_500
			told := 0
			_, err := s.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: message.Fields("Subject")}, func(*message.Message) { told++ })
			limit, refused := errors.AsType[*FetchLimitError](err)
			if !refused || told != 10 {
				t.Fatalf("told %d messages, %v", told, err)
			}
			if most := int64(maxOverdrawn + 20_000); limit.Needed != min(int64(c.messages*c.header), limit.Needed) || limit.Needed > most {
				t.Errorf("needs %d", limit.Needed)
			}
			if !c.lost && limit.Needed != int64(c.messages*c.header) {
				t.Errorf("needs %d octets of %d", limit.Needed, c.messages*c.header)
			}
			if lost := s.conn.Err() != nil; lost != c.lost {
				t.Errorf("the connection is lost: %v", s.conn.Err())
			}
		})
	}
}

// A server that answers without end is not listened to without end, whatever it says.
func TestTooManyRows(t *testing.T) {
	for _, row := range []string{"(UID %d)", "(UID %d FLAGS ())", "(UID 7%d FLAGS ())", "(FLAGS ())"} {
		s := dialStage(t, 3, func(uid int) string {
			return strings.Repeat(strings.ReplaceAll("* 1 FETCH "+row+"\r\n", "%d", fmt.Sprint(uid)), 40_000)
		})
		_, _, err := ask(t, s, plan.Question{})
		wantError(t, err, "responses where there are 3 messages")
	}
}

func TestUIDSet(t *testing.T) {
	for name, uids := range map[string][]imap.UID{
		"ascending":  {1, 2, 3, 7, 8, 100},
		"descending": {100, 8, 7, 3, 2, 1},
		"mixed":      {5, 1, 9, 4294967295, 6, 4294967294, 2},
		"the last":   {4294967294, 4294967295, 1},
	} {
		var s uidSet
		for i, uid := range uids {
			if s.has(uid) || !s.add(uid) || !s.has(uid) || s.add(uid) || s.count != i+1 {
				t.Errorf("%s: UID %d: %+v", name, uid, s)
			}
		}
		for _, uid := range []imap.UID{0, 4, 10, 99, 101, 4294967293} {
			if s.has(uid) != slices.Contains(uids, uid) {
				t.Errorf("%s: UID %d is there: %t", name, uid, s.has(uid))
			}
		}
	}
	var dense uidSet
	for uid := imap.UID(1); uid <= 100_000; uid++ {
		dense.add(uid)
	}
	if len(dense.ranges) != 1 || len(dense.late) != 0 {
		t.Errorf("UIDs without a gap take %d ranges", len(dense.ranges))
	}
}
