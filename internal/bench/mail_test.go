package bench

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// atOnce is how many messages are made at once: a million take more memory than there is.
const atOnce = 10_000

// mail makes the job's INBOX, some messages at a time: people's mail, in which each
// fifth message is one that a rule takes. It is the same for the same job and now.
// Sizes go from 1 KB to 200 KB, most of them small.
func (j job) mail(now time.Time) iter.Seq[[]imaptest.Message] {
	return func(yield func([]imaptest.Message) bool) {
		for first := 0; first < j.Messages; first += atOnce {
			seed := uint64(7 + first/atOnce)
			if !yield(j.some(seed, min(atOnce, j.Messages-first), now)) {
				return
			}
		}
	}
}

// newMessages is how many come between two runs.
const newMessages = 50

// news makes the messages that come later, of which rules take a fifth too.
func (j job) news(now time.Time) []imaptest.Message { return j.some(1, newMessages, now) }

// some makes messages, in which each fifth is one that a rule takes; of a job with
// short messages each fiftieth.
func (j job) some(seed uint64, n int, now time.Time) []imaptest.Message {
	messages := imaptest.Mail(seed, n, now)
	sizes := rand.New(rand.NewPCG(seed, 0x62656e6368))
	each, longest := 5, 200_000
	if j.Short {
		each, longest = 50, 1000
	}
	for i := range messages {
		m := &messages[i]
		if i%each == 0 && j.Rules > 0 {
			rule := i / each % j.Rules
			k := j.kind(rule)
			m.Body = setField(m.Body, k.field, fmt.Sprintf(k.value, rule))
		}
		m.Body = pad(m.Body, min(int(sizes.ExpFloat64()*4000), longest))
	}
	return messages
}

// setField takes the fields of a name out of a message's header and puts one in.
func setField(body []byte, name, value string) []byte {
	header, rest, _ := strings.Cut(string(body), "\r\n\r\n")
	var kept []string
	dropping := false
	for line := range strings.SplitSeq(header, "\r\n") {
		if line == "" || line[0] != ' ' && line[0] != '\t' {
			field, _, _ := strings.Cut(line, ":")
			dropping = strings.EqualFold(field, name)
		}
		if !dropping {
			kept = append(kept, line)
		}
	}
	kept = append(kept, name+": "+value)
	return []byte(strings.Join(kept, "\r\n") + "\r\n\r\n" + rest)
}

// pad makes a message longer by at least n octets of text.
func pad(body []byte, n int) []byte {
	line := []byte("This goes on and on, as mail does, and is quoted by whoever answers it.\r\n")
	return append(body, bytes.Repeat(line, (n+len(line)-1)/len(line))...)
}
