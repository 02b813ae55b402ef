package imaptest

import (
	"io"
	"strings"
	"testing"
)

func TestFakeComplains(t *testing.T) {
	for _, test := range []struct{ name, say, want string }{
		{"unexpected", "x CREATE b\r\n", `got "CREATE b", want "CREATE a"`},
		{"too little", "", `the client never sent "CREATE a"`},
		{"too much", "x CREATE a\r\ny CREATE a\r\n", `got "CREATE a", want nothing`},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{TB: t}
			conn, err := Fake{Exchanges: []Exchange{{Command: "CREATE a"}}}.Dial(w)()
			if err != nil {
				t.Fatal(err)
			}
			hungUp := make(chan struct{})
			go func() {
				io.Copy(io.Discard, conn)
				close(hungUp)
			}()
			if _, err := io.WriteString(conn, test.say); err != nil {
				t.Fatal(err)
			}
			if test.say == "" {
				conn.Close()
			}
			<-hungUp
			w.finish()
			if len(w.errors) == 0 || !strings.Contains(w.errors[0], test.want) {
				t.Errorf("got %q, want %q", w.errors, test.want)
			}
		})
	}
}

func TestFakeEndings(t *testing.T) {
	conn, err := Fake{Exchanges: []Exchange{
		{Command: "AUTHENTICATE XOAUTH2", Answer: []string{"+ "}, Then: Ask},
		{Command: "dG9rZW4="},
		{Command: "SELECT *", Answer: []string{"* 1 EXISTS"}, Then: HangUp},
	}}.Dial(t)()
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		all, _ := io.ReadAll(conn) // a pipe ends with io.EOF when the other end hangs up
		got <- string(all)
	}()
	for _, line := range []string{"a AUTHENTICATE XOAUTH2", "dG9rZW4=", "b SELECT {5+}\r\nINBOX"} {
		if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := <-got, "* OK ready\r\n+ \r\na OK done\r\n* 1 EXISTS\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
