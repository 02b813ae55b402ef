package server

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// offering is a polite server that offers compression.
func offering(answer string) script {
	return polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 UNSELECT UIDPLUS MOVE COMPRESS=DEFLATE\r\nTAG OK done\r\n").
		with("LIST \"\" \"\"", "* LIST (\\Noselect) \"/\" \"\"\r\nTAG OK done\r\n").
		with("COMPRESS DEFLATE", answer)
}

// The connection is not compressed where that is not offered, or cannot pay.
func TestCompressFor(t *testing.T) {
	const no = "TAG NO not today\r\n"
	for _, test := range []struct {
		name   string
		script script
		always bool
		octets []int64
		asked  int
	}{
		{"not offered", polite(), true, []int64{1 << 40}, 0},
		{"on this machine", offering(no), false, []int64{1 << 40}, 0},
		{"offered", offering(no), true, []int64{1}, 1},
		{"refused once", offering(no), true, []int64{1, 1 << 40, 1 << 40}, 1},
		{"not known", offering("TAG BAD what?\r\n"), true, []int64{1, 1}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, s := dialFake(t, test.script)
			s.compression.always = test.always
			for _, octets := range test.octets {
				if err := s.compressFor(t.Context(), octets); err != nil {
					t.Error(err)
				}
			}
			if sent := f.sent("COMPRESS"); len(sent) != test.asked {
				t.Errorf("asked %d times, want %d", len(sent), test.asked)
			}
			if _, err := s.List(t.Context()); err != nil {
				t.Errorf("after that: %v", err)
			}
		})
	}
}

// It waits for much to be read, be it in many folders.
func TestCompressForMuch(t *testing.T) {
	_, s := dialFake(t, offering("TAG NO\r\n"))
	for range 3 {
		if err := s.compressFor(t.Context(), compressFrom/4); err != nil || s.compression.settled {
			t.Fatalf("settled %v, error %v", s.compression.settled, err)
		}
	}
	if err := s.compressFor(t.Context(), compressFrom/4); err != nil || !s.compression.settled {
		t.Errorf("settled %v, error %v", s.compression.settled, err)
	}
}

func TestAnswerOctets(t *testing.T) {
	const many = "* STATUS INBOX (MESSAGES 1000 UIDNEXT 2000 UIDVALIDITY 7)\r\nTAG OK done\r\n"
	_, s := dialFake(t, polite().with("STATUS INBOX", many))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := message.Parts{Flags: true, Received: true, Size: true}
	headers := rows
	headers.Fields = []string{"from", "list-id", "subject", "to"}
	for _, test := range []struct {
		q    plan.Question
		want int64
	}{
		{plan.Question{Folder: "INBOX", Fetch: rows}, 100_000},
		{plan.Question{Folder: "INBOX", Fetch: headers}, 340_000},
		{plan.Question{Folder: "INBOX", Fetch: message.Parts{Structure: true}}, 500_000},
		{plan.Question{Folder: "INBOX", Fetch: rows, UIDs: imap.UIDSetNum(1, 2, 3)}, 300},
		{plan.Question{Folder: "INBOX", Fetch: rows, UIDs: imap.UIDSet{{Start: 1, Stop: 1 << 31}}}, 100_000}, // most are not there
		{plan.Question{Folder: "Work", Fetch: rows}, 0},
		{plan.Question{Folder: "Not listed", Fetch: rows}, 0},
	} {
		if got := s.answerOctets(test.q); got != test.want {
			t.Errorf("%+v: %d, want %d", test.q, got, test.want)
		}
	}
}

// Reading is the occasion: the command goes out once, before the folder is opened and
// read, and nothing else is sent with it.
func TestCompressBeforeReading(t *testing.T) {
	f, s := dialFake(t, offering("TAG NO not today\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.compression.always = true
	for range 2 {
		q := plan.Question{Folder: "INBOX", Fetch: message.Parts{Flags: true}}
		if _, err := s.Answer(t.Context(), q, func(*message.Message) {}); err != nil {
			t.Fatal(err)
		}
	}
	var order []string
	for _, c := range f.sent("") {
		if word, _, _ := strings.Cut(c, " "); word == "EXAMINE" || word == "COMPRESS" || word == "UID" {
			order = append(order, word)
		}
	}
	if len(order) < 4 || !slices.Equal(order[:3], []string{"COMPRESS", "EXAMINE", "UID"}) || slices.Contains(order[3:], "COMPRESS") {
		t.Errorf("commands %q", order)
	}
}

// A server that agrees and goes on in plain text is lost, as is one that hangs up: no
// answer is taken for one.
func TestCompressForLost(t *testing.T) {
	for name, answer := range map[string]string{
		"plain":    "TAG OK go\r\n* OK not compressed\r\n* OK not compressed\r\n",
		"hangs up": "HANGUP",
		"BYE":      "* BYE no more\r\nHANGUP",
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, offering(answer))
			s.compression.always = true
			err := s.compressFor(t.Context(), 1)
			if err == nil {
				_, err = s.List(t.Context())
			}
			if !apply.Lost(err) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestDistant(t *testing.T) {
	for _, test := range []struct {
		address net.Addr
		want    bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, false},
		{&net.TCPAddr{IP: net.IPv4(127, 5, 0, 1)}, false},
		{&net.TCPAddr{IP: net.IPv6loopback}, false},
		{&net.TCPAddr{IP: net.ParseIP("::ffff:127.0.0.1")}, false},
		{&net.UnixAddr{Name: "socket"}, false},
		{nil, false},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, true},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1")}, true},
	} {
		if got := distant(test.address); got != test.want {
			t.Errorf("%v: %v", test.address, got)
		}
	}
	near, far := net.Pipe()
	defer far.Close()
	if distant(near.RemoteAddr()) {
		t.Error("a pipe is distant")
	}
}
