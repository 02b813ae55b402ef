package cli

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The canary is a secret with all that is quoted, escaped or encoded somewhere, and
// with two parts that come out of every such encoding as they are.
const (
	canaryHead = "cAnAryHead"
	canaryTail = "tAilqZwXz"
	canary     = canaryHead + ` "\%+${"` + "'<&/ " + canaryTail
)

// TestCanary gives a secret in every way that there is, runs every command against
// servers that do and do not what they should, and looks for the secret in each octet
// that was written.
func TestCanary(t *testing.T) {
	for _, way := range canaryWays() {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			for _, server := range canaryServers() {
				if server.name != "works" && !way.everywhere {
					continue
				}
				t.Run(server.name, func(t *testing.T) {
					t.Parallel()
					runCanary(t, way, server)
				})
			}
		})
	}
}

func runCanary(t *testing.T, way canaryWay, script canaryServer) {
	server := startCanaryServer(t, script)
	dir := t.TempDir()
	files := map[string]string{"main.imap.hcl": fmt.Sprintf(way.config, server.port) + canaryRules, "m/main.imap.hcl": canaryModule, "rules.imaptest.hcl": strings.Replace(canaryTests, "account.work", cmp.Or(way.account, "account.work"), 1)}
	for name, text := range way.files {
		files[name] = text
	}
	given := map[string]bool{}
	for name, text := range files {
		path := filepath.Join(dir, "work", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		given[path] = true
	}

	for _, level := range []string{"debug", "trace", ""} {
		for _, args := range canaryCommands(way, script, level) {
			var out transcript
			status := Run(t.Context(), args, Env{
				Stdin: strings.NewReader("yes\n"), Stdout: &out, Stderr: &out, Dir: filepath.Join(dir, "work"), Now: time.Now, Width: 80, Version: "0.1.0",
				Environ: append([]string{
					"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state"), "IMAPFORM_LOG=" + level, "FORCE_COLOR=1",
				}, way.environ...),
			})
			if found := canaryIn(out.String()); found != "" {
				t.Errorf("%q (status %d, log %q) shows the secret (%q):\n%s", args, status, level, found, out.String())
			}
			if args[0] == "apply" && script.name == "works" && way.works && (status != 0 || server.logins.Load() == 0) {
				t.Errorf("%q ended with %d after %d logins, so that nothing was tried:\n%s", args, status, server.logins.Load(), out.String())
			}
			if args[0] == "plan" && level == "trace" && script.name == "works" && way.works && !strings.Contains(out.String(), "LIST") {
				t.Errorf("nothing was traced:\n%s", out.String())
			}
		}
	}
	if script.name == "works" && way.works && !server.told.Load() {
		t.Error("the server was not told the secret")
	}
	if _, err := os.Stat(filepath.Join(dir, "work", "saved.plan")); script.name == "works" && way.works && err != nil {
		t.Errorf("no plan was saved, so that none is searched: %v", err)
	}
	searchFiles(t, dir, given)
}

// canaryIn is what of the secret a text shows; empty: nothing.
func canaryIn(text string) string {
	for _, form := range canaryForms() {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return form
		}
	}
	return ""
}

// canaryForms are parts of the secret as encodings show them: quoting and escaping
// leave its head and tail as they are, whatever stands around them; what base64 makes
// of them hangs on where in the text they begin, and on nothing else.
var canaryForms = sync.OnceValue(func() []string {
	var forms []string
	for _, part := range []string{canaryHead, canaryTail, canary} {
		forms = append(forms, part, hex.EncodeToString([]byte(part)))
		for before := range 3 {
			encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + part))
			// Only the digits that are made of the part alone.
			core := encoded[(before*8+5)/6 : (before+len(part))*8/6]
			forms = append(forms, core, strings.NewReplacer("+", "-", "/", "_").Replace(core))
		}
	}
	return forms
})

// searchFiles looks for the secret in all that was written below a directory, and in
// the names of it.
func searchFiles(t *testing.T, dir string, given map[string]bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if found := canaryIn(path); found != "" {
			t.Errorf("the name %s shows the secret (%q)", path, found)
		}
		if !d.Type().IsRegular() || given[path] {
			return nil
		}
		content, err := os.ReadFile(path)
		if found := canaryIn(string(content)); found != "" {
			t.Errorf("the file %s shows the secret (%q)", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// canaryCommands are the commands to run, the ones that change nothing first.
func canaryCommands(way canaryWay, script canaryServer, level string) [][]string {
	vars := way.args
	commands := [][]string{
		slices.Concat([]string{"plan", "-input=false", "-out=saved.plan"}, vars),
		slices.Concat([]string{"apply", "-auto-approve", "-lock=true"}, vars),
		slices.Concat([]string{"apply"}, vars, []string{"saved.plan"}),
		{"show", "saved.plan"},
	}
	if level == "debug" && script.name == "works" { // these speak no protocol: once is enough
		commands = append(commands,
			[]string{"fmt", "-diff", "-write=false", "m/main.imap.hcl"},
			[]string{"validate"}, []string{"validate", "-json"},
			[]string{"schema"}, []string{"schema", "-json"}, []string{"schema", "-json-schema"},
			slices.Concat([]string{"test", "-verbose"}, vars), slices.Concat([]string{"test", "-json"}, vars), slices.Concat([]string{"test", "-junit-xml=report.xml"}, vars),
			slices.Concat([]string{"apply", "-test", "-auto-approve"}, vars),
			slices.Concat([]string{"explain", "-json"}, vars),
			slices.Concat([]string{"plan", "-input=false", "-detailed-exitcode"}, vars),
		)
	}
	if level == "debug" && script.name == "works" && way.name == "environment" { // the console is told nothing else in another way
		for _, json := range []string{"-json=false", "-json"} {
			for _, e := range canaryExpressions {
				commands = append(commands, slices.Concat([]string{"console", json, "-e", e}, vars))
			}
		}
	}
	return commands
}

// canaryExpressions try to get at var.secret, and at var.people, a map with the secret
// as a value and as a key.
var canaryExpressions = []string{
	`var.secret`, `[var.secret]`, `{ a = var.secret }`, `{ (var.secret) = 1 }`, `{ (var.secret) = special.trash }`, `"x-${var.secret}"`, `upper(var.secret)`,
	`var.people`, `keys(var.people)`, `values(var.people)`, `var.people.ada`, `var.people["nobody"]`, `var.people.nobody`, `[for k, v in var.people : k]`, `{ for k, v in var.people : k => v }`, `"%{ for k, v in var.people }${k}%{ endfor }"`,
	`jsonencode(var.people)`, `yamlencode(var.people)`, `base64encode(var.secret)`, `urlencode(var.secret)`, `format("%q", var.secret)`, `format(var.secret)`, `join(",", [var.secret])`, `split("", var.secret)`, `tonumber(var.secret)`, `parseint(var.secret, 10)`,
	`regex(var.secret, "a")`, `regex("^nothing$", var.secret)`, `try(var.secret.x, "none")`, `can(var.secret.x)`, `try(tonumber(var.secret), var.secret)`, `file(var.secret)`, `fileset(".", var.secret)`, `fileexists(var.secret)`, `templatefile("none", var.people)`, `jsondecode(var.secret)`, `csvdecode(var.secret)`, `yamldecode(var.secret)`, `base64decode(var.secret)`,
	`formatdate(var.secret, "2024-01-01T00:00:00Z")`, `timeadd(var.secret, "1h")`, `var.secret + 1`, `-var.secret`, `var.secret ? 1 : 2`, `var.secret[0]`, `var.secret == "" ? {} : { (var.secret) = 1 }`, `[1][var.secret]`, `{ a = 1 }[var.secret]`, `lookup({ a = 1 }, var.secret)`, `tomap({ (var.secret) = [1], b = "x" })`, `merge(var.people, { b = 1 })`, `zipmap([var.secret], [1])`, `toset([var.secret])`, `transpose({ (var.secret) = ["a"] })`,
	`module.m`, `module.m.out`, `module.m.keys`, `module.m.nope`, `account.work`, `account.staff`, `local.derived`, `local.derived.none`, `nosuchfunction(var.secret)`, `sensitive(1) + var.secret`, `var.secret.`, `upper(var.secret`, `substr(var.secret, 0, 5)`, `strrev(var.secret)`, `length(var.secret)`,
}

const canaryModule = `
variable "in" {}
locals   {
own = var.in
}
output "out" { value = local.own }
output "keys" { value = { (var.in) = special.trash } }
`

// canaryRules are what every configuration has.
const canaryRules = `
locals {
  derived = { of = "x${var.secret}" }
}
module "m" {
  source = "./m"
  in     = var.secret
}
folder "made" {}
rule "kept" {
  match { from = "@example.com" }
  move_to = "Kept"
}
`

const canaryTests = `
test "one" {
  account = account.work
  message "a" {
    from = "ada@example.com"
  }
  expect "a" {
    folder = "Kept"
  }
}
`

// A canaryWay is one to give the secret.
type canaryWay struct {
	name    string
	config  string // with the port for %d
	files   map[string]string
	environ []string
	args    []string
	works   bool   // the server is told the secret as the password
	account string // the one to test, if it is not account.work
	// everywhere: with every server, not only with one that works.
	everywhere bool
}

const (
	canaryVariables = "variable \"secret\" {\n  type      = string\n  sensitive = true\n}\n" +
		"variable \"people\" {\n  type      = map(string)\n  sensitive = true\n  default   = {}\n}\n"
	canaryAccount = "account \"work\" {\n  host     = \"127.0.0.1\"\n  port     = %d\n  tls      = \"none\"\n  timeout  = \"2s\"\n  username = \"ada\"\n"
	canaryLogin   = canaryVariables + canaryAccount + "  password = var.secret\n}\n"
)

func canaryWays() []canaryWay {
	quoted := fmt.Sprintf("%q", canary)
	quoted = strings.ReplaceAll(quoted, "${", "$${")
	environ := []string{"IMAPFORM_VAR_secret=" + canary, "IMAPFORM_VAR_people={ ada = " + quoted + ", " + quoted + " = \"x\" }"}
	values := "secret = " + quoted + "\npeople = { ada = " + quoted + ", (" + quoted + ") = \"x\" }\n"
	command := func(args string) string {
		return canaryVariables + canaryAccount + "  password_command = " + args + "\n}\n"
	}
	leak := func(block string) string { return canaryLogin + block }
	ways := []canaryWay{
		{name: "environment", config: canaryLogin, environ: environ, works: true, everywhere: true},
		{name: "file", config: canaryLogin, files: map[string]string{"imapform.imapvars.hcl": values}, works: true},
		{name: "automatic file", config: canaryLogin, files: map[string]string{"x.auto.imapvars.hcl": values}, works: true},
		{name: "named file", config: canaryLogin, files: map[string]string{"given.hcl": values}, args: []string{"-var-file=given.hcl"}, works: true},
		{name: "token", config: canaryVariables + canaryAccount + "  auth = \"xoauth2\"\n  password = var.secret\n}\n", environ: environ, everywhere: true},
		{name: "bearer", config: canaryVariables + canaryAccount + "  auth = \"oauthbearer\"\n  password = var.secret\n}\n", environ: environ, everywhere: true},
		{name: "username, too", config: canaryVariables + strings.Replace(canaryAccount, `"ada"`, "var.secret", 1) + "  password = var.secret\n}\n", environ: environ, works: true, everywhere: true},
		{name: "output of a command", config: command(`["cat", "password"]`), files: map[string]string{"password": canary + "\n"}, environ: environ, works: true, everywhere: true},
		{name: "argument of a command", config: command(`["printf", "%%s", var.secret]`), environ: environ, works: true},
		{name: "command that complains", config: command(`["sh", "-c", "echo \"no $0\" >&2; exit 1", var.secret]`), environ: environ},
		{name: "command that shows its output", config: command(`["sh", "-c", "cat password; cat password >&2; exit 1"]`), files: map[string]string{"password": canary + "\n"}, environ: environ},
		{name: "command of that name", config: command(`[var.secret]`), environ: environ},
		{name: "fleet", environ: environ, works: true, account: `account.staff["ada"]`, config: canaryVariables + canaryFleet() + "  password = var.people[each.value == 3 ? \"none\" : \"ada\"]\n}\n"},
		{name: "fleet, one missing", environ: environ, account: `account.staff["ada"]`, config: canaryVariables + canaryFleet() + "  password = var.people[each.key]\n}\n"},
		{name: "through a module", config: canaryVariables + canaryAccount + "  password = module.m.out\n}\n", environ: environ, works: true},
		{name: "command line", config: canaryLogin, args: []string{"-var=secret=" + canary}},
		{name: "broken file", config: canaryLogin, files: map[string]string{"imapform.imapvars.hcl": "secret = " + canary + "\n"}},
		{name: "broken JSON file", config: canaryLogin, files: map[string]string{"imapform.imapvars.json": `{"secret": ` + canaryHead + canaryTail + "}\n"}},
		{name: "call in a file", config: canaryLogin, files: map[string]string{"imapform.imapvars.hcl": "secret = upper(" + quoted + ")\n"}},
		{name: "not of the type", config: strings.Replace(canaryLogin, "= string", "= list(number)", 1), environ: environ},
		{name: "not an expression", config: strings.Replace(canaryLogin, "= string", "= object({ a = string })", 1), environ: environ},
		{name: "line break", config: canaryLogin, environ: []string{"IMAPFORM_VAR_secret=" + canary + "\n" + canary}},
	}
	for name, block := range canaryLeaks {
		ways = append(ways, canaryWay{name: "leak: " + name, config: leak(block), environ: environ})
	}
	return ways
}

// canaryLeaks are configurations that would show the secret if they were taken.
var canaryLeaks = map[string]string{
	"folder":     "folder \"x\" { name = var.secret }\n",
	"for_each":   "folder \"x\" {\n  for_each = { (var.secret) = 1 }\n  name = each.key\n}\n",
	"fleet":      "account \"x\" {\n  for_each = var.people\n  maildir = each.key\n}\n",
	"set":        "folder \"x\" {\n  for_each = toset([var.secret])\n  name = each.key\n}\n",
	"host":       "account \"x\" {\n  host = var.secret\n  username = \"x\"\n  password = \"y\"\n}\n",
	"maildir":    "account \"x\" { maildir = var.secret }\n",
	"match":      "match \"x\" { subject = [\"a\", var.secret] }\n",
	"regex":      "match \"x\" { subject = { regex = \"(${var.secret}\" } }\n",
	"header":     "match \"x\" { header = { (var.secret) = \"y\" } }\n",
	"flag":       "rule \"x\" {\n  match { seen = true }\n  add_flags = [var.secret]\n}\n",
	"move_to":    "rule \"x\" {\n  match { seen = true }\n  move_to = \"X/${var.secret}\"\n}\n",
	"template":   "rule \"x\" {\n  match { seen = true }\n  move_to = \"X/${message.subject}${var.secret}\"\n}\n",
	"elements":   "rule \"x\" {\n  match { seen = true }\n  move_to = \"X/${join(\"\", [for a in message.to : var.secret])}\"\n}\n",
	"look-up":    "rule \"x\" {\n  match { seen = true }\n  move_to = \"X/${{ a = var.secret }[message.subject]}\"\n}\n",
	"where":      "rule \"x\" {\n  match { where = message.subject == var.secret }\n  stop = true\n}\n",
	"field":      "rule \"x\" {\n  match { where = message.header[var.secret] == \"a\" }\n  stop = true\n}\n",
	"dynamic":    "match \"x\" {\n  dynamic \"any\" {\n    for_each = [var.secret]\n    content { subject = any.value }\n  }\n}\n",
	"moved":      "moved {\n  from = var.secret\n  to = \"x\"\n}\n",
	"module":     "module \"x\" {\n  for_each = { (var.secret) = 1 }\n  source = \"./m\"\n  in = 1\n}\n",
	"output":     "folder \"x\" { name = module.m.out }\n",
	"key":        "folder \"x\" { name = keys(module.m.keys)[0] }\n",
	"validation": "variable \"y\" {\n  default = 1\n  validation {\n    condition = var.secret == \"\"\n    error_message = \"It is ${var.secret}.\"\n  }\n}\n",
	"condition":  "variable \"y\" {\n  default = 1\n  validation {\n    condition = var.secret\n    error_message = \"No.\"\n  }\n}\n",
	"decoded":    "locals { x = jsondecode(var.secret) }\n",
	"index":      "locals { x = { a = 1 }[var.secret] }\n",
	"types":      "locals { x = [for v in [true ? { (var.secret) = 1 } : { b = [] }] : v.none] }\n",
	"policy":     "policy { max_messages = var.secret }\n",
	"constant":   "variable \"y\" {\n  default = \"" + canaryHead + "\"\n  sensitive = true\n  type = number\n}\n",
}

// A canaryServer answers in its own way.
type canaryServer struct {
	name    string
	answers map[string]func(string) string // to commands, by name, told the tag
	says    string                         // at the end of every line, once it has been told who logs in
}

func canaryServers() []canaryServer {
	echo := func(format string) func(string) string {
		return func(tag string) string { return fmt.Sprintf(format, tag, canary) }
	}
	at := func(f func(string) string, names ...string) map[string]func(string) string {
		answers := map[string]func(string) string{}
		for _, name := range names {
			answers[name] = f
		}
		return answers
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00ada\x00" + canary))
	return []canaryServer{
		{name: "works"},
		{name: "echoes", says: " " + canary},
		{name: "echoes base64", says: " " + encoded},
		{name: "refuses", answers: at(echo("%s NO [AUTHENTICATIONFAILED] not %s"), "LOGIN", "AUTHENTICATE")},
		{name: "refuses loudly", answers: at(echo("* NO [ALERT] not %[2]s\r\n%[1]s NO [ALERT] not %[2]s"), "LOGIN", "AUTHENTICATE")},
		{name: "understands nothing", answers: at(echo("%s BAD what is %s"), "LOGIN", "AUTHENTICATE")},
		{name: "challenges", answers: at(func(string) string { return "+ " + encoded }, "AUTHENTICATE", "LOGIN")},
		{name: "goes", answers: at(echo("* BYE %[2]s\r\n%[1]s NO %[2]s"), "LOGIN", "AUTHENTICATE")},
		{name: "goes later", answers: at(echo("* BYE %[2]s\r\n"), "LIST")},
		{name: "lists nothing", answers: at(echo("%s NO not %s"), "LIST")},
		{name: "makes nothing", answers: at(echo("%s NO [CANNOT] not %s"), "CREATE")},
		{name: "makes garbage", answers: at(echo("* LIST %[2]s\r\n%[1]s OK"), "CREATE")},
		{name: "answers garbage", answers: at(echo("* CAPABILITY (%[2]s\r\n%[1]s OK"), "CAPABILITY")},
		{name: "answers no line", answers: at(echo("* %[2]s\r\n%[1]s %[2]s"), "EXAMINE")},
	}
}

// A runningServer is a server that runs.
type runningServer struct {
	canaryServer
	port   int
	logins atomic.Int32
	told   atomic.Bool // the secret
	mu     sync.Mutex
	made   []string // folders beside INBOX, as written
}

func startCanaryServer(t *testing.T, script canaryServer) *runningServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &runningServer{canaryServer: script, port: listener.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // the test has ended
			}
			go s.serve(conn)
		}
	}()
	return s
}

// serve speaks with one client until it goes. That a line cannot be written the client
// has brought about, which the next read finds.
func (s *runningServer) serve(conn net.Conn) {
	defer conn.Close()
	entered := false // on this connection the login has begun: from then on the secret is hidden
	say := func(text string) {
		for line := range strings.SplitSeq(text, "\r\n") {
			if entered && (strings.HasPrefix(line, "* OK") || strings.Contains(line, " OK ")) {
				line += s.says
			}
			fmt.Fprint(conn, line+"\r\n")
		}
	}
	say("* OK ready")
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		name, rest, _ := strings.Cut(command, " ")
		name = strings.ToUpper(name)
		s.listen(name, rest)
		entered = entered || name == "AUTHENTICATE" || name == "LOGIN"
		switch answer := s.answers[name]; {
		case answer != nil && (name != "CAPABILITY" || entered): // it knows nothing before the login
			text := answer(tag)
			say(text)
			if strings.HasPrefix(text, "* BYE") {
				return
			}
		case name == "LOGOUT":
			say("* BYE\r\n" + tag + " OK done")
			return
		default:
			say(s.usual(name, rest) + tag + " OK done")
		}
	}
}

// listen notes what a client tells of itself.
func (s *runningServer) listen(name, rest string) {
	switch name {
	case "AUTHENTICATE":
		s.logins.Add(1)
		_, initial, _ := strings.Cut(rest, " ")
		plain, err := base64.StdEncoding.DecodeString(initial)
		if err == nil && strings.HasSuffix(string(plain), "\x00"+canary) {
			s.told.Store(true)
		}
	case "CREATE":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.made = append(s.made, rest)
	}
}

// usual is what a server of one empty mailbox says before the end of a command.
func (s *runningServer) usual(name, rest string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "CAPABILITY":
		return "* CAPABILITY IMAP4rev1 UIDPLUS MOVE SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER\r\n"
	case "LIST", "LSUB":
		listed := ""
		for _, folder := range append([]string{"INBOX"}, s.made...) {
			if name == "LIST" && rest == `"" ""` {
				return "* LIST (\\Noselect) \"/\" \"\"\r\n"
			}
			listed += "* " + name + " () \"/\" " + folder + "\r\n"
		}
		return listed
	case "STATUS":
		folder, _, _ := strings.Cut(rest, " (")
		return "* STATUS " + folder + " (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n"
	case "SELECT", "EXAMINE":
		return "* 0 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n"
	}
	return ""
}

// canaryFleet is the account with two instances.
func canaryFleet() string {
	return strings.NewReplacer(`account "work" {`, "account \"staff\" {\n  for_each = { ada = 1, bob = 2 }", `"ada"`, "each.key").Replace(canaryAccount)
}
