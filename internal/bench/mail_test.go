package bench

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// mail makes the job's INBOX: people's mail, in which each fifth message is one that
// a rule takes. It is the same for the same job and now. Sizes go from 1 KB to
// 200 KB, most of them small.
func (j job) mail(now time.Time) []imaptest.Message {
	messages := imaptest.Mail(7, j.Messages, now)
	sizes := rand.New(rand.NewPCG(7, 0x62656e6368))
	for i := range messages {
		m := &messages[i]
		if i%5 == 0 && j.Rules > 0 {
			rule := i / 5 % j.Rules
			for _, field := range j.kind(rule).fields(rule) {
				m.Body = setField(m.Body, field[0], field[1])
			}
		}
		m.Body = pad(m.Body, min(int(sizes.ExpFloat64()*4000), 200_000))
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
