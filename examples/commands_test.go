package examples

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/cli"
)

// A commandLine is one of imapform's in a file.
type commandLine struct {
	file, text string
	words      []string // behind the program's name
}

// Every command line that the examples and the page on CI show is one that imapform
// takes: the commands exist, and so do their flags, with a value where they need one.
func TestCommandLines(t *testing.T) {
	files := []string{"../docs/ci.md", "../docs/show.md"}
	for _, dir := range []string{"github-actions", "gitlab-ci", "systemd", "kubernetes"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && !strings.HasSuffix(path, ".hcl") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	found := map[string]int{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commandLines(file, string(source)) {
			found[filepath.Base(file)]++
			if problem := checkCommand(t, line.words); problem != "" {
				t.Errorf("%s: %s: %s", line.file, line.text, problem)
			}
		}
	}
	for file, least := range map[string]int{"plan.yml": 4, "apply.yml": 1, ".gitlab-ci.yml": 7, "imapform.service": 1, "cronjob.yaml": 1, "fleet-job.yaml": 1, "README.md": 15, "ci.md": 8, "show.md": 4} {
		if found[file] < least {
			t.Errorf("there are %d command lines in %s", found[file], file)
		}
	}
}

// program is what begins a command line: the name at the beginning of a line of code,
// a key's value or a list's element, perhaps with its directory, or within backticks.
var program = regexp.MustCompile("(?:^|`|=/usr/local/bin/|run: |- )imapform((?: [^\\s#|&;`]+)+)")

// comment is one of Markdown's, as the marker is.
var comment = regexp.MustCompile("<!--.*?-->")

// commandLines finds those of a file.
func commandLines(file, source string) []commandLine {
	var found []commandLine
	add := func(text string) {
		for _, match := range program.FindAllStringSubmatch(strings.TrimSpace(text), -1) {
			found = append(found, commandLine{file, match[0], strings.Fields(match[1])})
		}
	}
	code := strings.ReplaceAll(source, "\\\n", " ") // lines that go on
	code = comment.ReplaceAllString(code, "")
	lines := slices.Collect(strings.Lines(code))
	for i, line := range lines {
		inCode := !strings.HasSuffix(file, ".md") || strings.HasPrefix(line, "    ") || strings.Contains(line, "`imapform ")
		switch {
		case strings.TrimSpace(line) == "args:": // of a container whose entry point is imapform
			text := "imapform"
			for _, arg := range lines[i+1:] {
				arg, isArg := strings.CutPrefix(strings.TrimSpace(arg), "- ")
				if !isArg {
					break
				}
				arg, _, _ = strings.Cut(arg, " #")
				text += " " + arg
			}
			add(text)
		case inCode && !strings.HasPrefix(strings.TrimSpace(line), "#"):
			add(line)
		}
	}
	return found
}

// checkCommand says what is wrong with the words of a command line; empty: nothing.
func checkCommand(t *testing.T, words []string) string {
	for len(words) > 0 && strings.HasPrefix(words[0], "-chdir=") {
		words = words[1:]
	}
	if len(words) == 0 {
		return "it has no command"
	}
	flags, ok := flagsOf(t, words[0])
	if !ok {
		return "there is no such command"
	}
	for i, word := range words[1:] {
		word = strings.Trim(word, `"'`)
		if !strings.HasPrefix(word, "-") || word == "-" {
			for _, later := range words[1+i:] {
				if strings.HasPrefix(later, "-") && later != "-" {
					return later + " stands behind an argument"
				}
			}
			break
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		takes, known := flags[name]
		switch {
		case !known:
			return "there is no flag -" + name
		case takes && value == "":
			return "-" + name + " needs a value"
		case !takes && hasValue && value != "true" && value != "false":
			return "-" + name + " takes no value"
		}
	}
	return ""
}

// flagsOf are a command's flags, by its help, and whether each takes a value.
func flagsOf(t *testing.T, command string) (map[string]bool, bool) {
	var out bytes.Buffer
	status := cli.Run(t.Context(), []string{command, "-help"}, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: t.TempDir(), Now: time.Now, Version: "test",
	})
	if status != 0 {
		return nil, false
	}
	flags := map[string]bool{}
	_, options, _ := strings.Cut(out.String(), "\nOptions:\n")
	for line := range strings.Lines(options) {
		if word, ok := strings.CutPrefix(line, "  -"); ok {
			name, value, _ := strings.Cut(strings.Fields(word)[0], "=")
			flags[name] = value != "" && value != "false"
		}
	}
	return flags, true
}

// A test that lets mistakes pass checks nothing.
func TestCommandLinesMistakes(t *testing.T) {
	for text, wants := range map[string]string{
		"imapform plan -otu=x":                 "there is no flag -otu",
		"imapform aply":                        "no such command",
		"imapform plan -out":                   "-out needs a value",
		"imapform plan -detailed-exitcode=yes": "takes no value",
		"imapform apply tidy.plan -strict":     "stands behind",
		"imapform -chdir=/x":                   "no command",
		"imapform -chdir=/x plan -input=false": "",
	} {
		lines := commandLines("x.yml", "      - "+text+"\n")
		if len(lines) != 1 {
			t.Errorf("%s: found %v", text, lines)
			continue
		}
		if got := checkCommand(t, lines[0].words); !strings.Contains(got, wants) || (wants == "") != (got == "") {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// The marker by which comments are found again is the one that plans begin with.
func TestCommentMarker(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("quickstart")); err != nil {
		t.Fatal(err)
	}
	removeMade(t, dir)
	run(t, "-chdir="+dir, "plan", "-markdown-into=plan.md")
	comment, err := os.ReadFile(filepath.Join(dir, "plan.md"))
	if err != nil {
		t.Fatal(err)
	}
	marker, _, _ := strings.Cut(string(comment), "\n")
	for _, file := range []string{"github-actions/.github/workflows/plan.yml", "gitlab-ci/.gitlab-ci.yml"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(marker, "<!-- ") || !strings.Contains(string(source), `startswith("`+marker+`")`) {
			t.Errorf("%s does not look for %q", file, marker)
		}
	}
}
