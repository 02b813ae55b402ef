package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lua is the job as somebody writes it for imapfilter who knows it well: one search a
// rule, and folders made where they are not there. Its first line says where to connect.
func (j job) lua(at endpoint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a = IMAP { server = %q, port = %d, username = %q, password = %q }\n", at.host, at.port, at.username, at.password)
	b.WriteString("options.starttls, options.create, options.subscribe, options.expunge, options.timeout = false, false, false, true, 600\n")
	b.WriteString("there = {}\nfor _, list in ipairs({ { a:list_all('', '*') } }) do for _, names in ipairs(list) do for _, name in ipairs(names) do there[name] = true end end end\n")
	fmt.Fprintf(&b, "if there[%q] then a:rename_mailbox(%q, %q) end\n", renamed, renamed, newName)
	b.WriteString("function want(name) if not there[name] then a:create_mailbox(name) a:subscribe_mailbox(name) end end\n")
	for i := range j.Folders {
		fmt.Fprintf(&b, "want(%q)\n", j.folder(i))
	}
	for i := range j.Rules {
		k := j.kind(i)
		query := "UNDELETED " + fmt.Sprintf(k.query, i)
		if k.do == mark {
			query += " OR UNFLAGGED UNKEYWORD $Alert"
		}
		fmt.Fprintf(&b, "r = a.INBOX:send_query(%q)\n", query)
		switch k.do {
		case move:
			fmt.Fprintf(&b, "if #r > 0 then r:move_messages(a[%q]) end\n", j.target(i))
		case mark:
			b.WriteString("if #r > 0 then r:add_flags({ '\\\\Flagged', '$Alert' }) end\n")
		case remove:
			b.WriteString("if #r > 0 then r:delete_messages() end\n")
		}
	}
	return b.String()
}

// newPeer is imapfilter. It has no plans, and remembers nothing.
func newPeer(t testing.TB) client {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.lua")
	return client{name: "imapfilter", phases: []string{"apply", "nothing", "news"}, unlinted: true, run: func(t testing.TB, j job, at endpoint, _ phase) use {
		t.Helper()
		if err := os.WriteFile(path, []byte(j.lua(at)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "imapfilter", "-c", path)
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH")}
		_, used := measure(t, cmd, 0)
		return used
	}}
}
