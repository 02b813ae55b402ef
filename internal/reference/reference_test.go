package reference

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

var update = flag.Bool("update", false, "write the page")

// TestPage holds the page in docs against the one that the tables make.
func TestPage(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		if err := os.WriteFile(path, []byte(Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != Markdown() {
		t.Errorf("%s is not what the tables say: run go test ./internal/reference -update", path)
	}
}

// TestComplete looks for everything that there is in the language.
func TestComplete(t *testing.T) {
	page := Markdown()
	want := func(what, text string) {
		t.Helper()
		if !strings.Contains(page, text) {
			t.Errorf("%s is not on the page: no %q", what, text)
		}
	}
	for _, b := range config.Blocks() {
		want("block "+b.Name, "\n### "+b.Name+"\n\n`"+form(b))
		for _, arg := range b.Arguments {
			checkWords(t, b.Name+"."+arg.Name, arg.Value, arg.Doc)
			want("argument "+b.Name+"."+arg.Name, "`"+arg.Name+"` | ")
		}
		for _, nested := range b.Blocks {
			want("block "+b.Name+"."+nested.Name, "\nIn it, `"+form(nested))
		}
	}
	for _, c := range rules.Criteria() {
		want("criterion "+c.Name, `<a id="`+c.Name+`"></a>`)
		if _, ok := explained[c.Value]; !ok && !strings.HasPrefix(c.Value, "true") {
			t.Errorf("nothing explains what criterion %s takes: %s", c.Name, c.Value)
		}
	}
	for _, a := range rules.Attributes() {
		want("attribute "+a.Name, "| `message."+a.Name+"` | ")
	}
	for _, use := range mailbox.Uses() {
		if !strings.Contains(section("Special uses"), "`"+string(use)+"`") {
			t.Errorf("the use %s is not on the page", use)
		}
	}
	for _, group := range config.Functions() {
		for _, f := range group.Functions {
			checkWords(t, f.Name, f.Doc)
			want("function "+f.Name, "\n| `"+f.Signature+"` | ")
		}
	}
	defaults := config.DefaultPolicy()
	for rail, value := range map[string]any{
		"max_messages": defaults.MaxMessages, "max_deleted": defaults.MaxDeleted,
		"max_removed_folders": defaults.MaxRemovedFolders, "move_then_delete": defaults.MoveThenDelete,
	} {
		if !regexp.MustCompile(fmt.Sprintf("(?m)^\\| `%s` \\| [^|]* \\| `%v` \\|", rail, value)).MatchString(page) {
			t.Errorf("the default of %s, %v, is not on the page", rail, value)
		}
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, directive) {
			t.Errorf("a directive is not known: %s", line)
		}
	}
}

func checkWords(t *testing.T, what string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || strings.ContainsAny(text, "|`\n") {
			t.Errorf("%s is described by %q", what, text)
		}
	}
}

// section is the page's text under a heading.
func section(title string) string {
	_, text, _ := strings.Cut(Markdown(), "\n### "+title+"\n")
	text, _, _ = strings.Cut(text, "\n### ")
	return text
}

// TestLinks follows every link within the page, and to other files.
func TestLinks(t *testing.T) {
	page := Markdown()
	anchors := []string{}
	for _, h := range headings(page) {
		if !h.criteria {
			anchors = append(anchors, slug(h.title))
		}
	}
	for _, id := range regexp.MustCompile(`<a id="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		anchors = append(anchors, id[1])
	}
	slices.Sort(anchors)
	if unique := slices.Compact(slices.Clone(anchors)); len(unique) != len(anchors) {
		t.Errorf("an anchor is there twice: %q", anchors)
	}
	links := 0
	for _, link := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(page, -1) {
		links++
		switch target := link[1]; {
		case strings.HasPrefix(target, "#"):
			if !slices.Contains(anchors, target[1:]) {
				t.Errorf("nothing is at %s", target)
			}
		case !strings.HasPrefix(target, "https://"):
			file, anchor, _ := strings.Cut(target, "#")
			text, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
			if err != nil {
				t.Error(err)
			}
			if anchor != "" && !slices.ContainsFunc(headings(string(text)), func(h heading) bool { return slug(h.title) == anchor }) {
				t.Errorf("nothing is at %s", target)
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links", links)
	}
}
