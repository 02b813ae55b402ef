package schema

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestGood holds what is right against the JSON Schema: all files in the JSON syntax
// that there are, and those in the native syntax written as JSON.
func TestGood(t *testing.T) {
	validator := compiled(t)
	inJSON, converted := 0, 0
	for name, text := range goodFiles(t) {
		if strings.HasSuffix(name, "parts.txtar/accounts/main.imap.hcl") {
			continue // which has a number in quotes, and a string without
		}
		if strings.HasSuffix(name, ".imap.json") {
			inJSON++
		} else {
			converted++
			text = indented(t, asJSON(t, name, text))
		}
		if err := validate(t, validator, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if inJSON < 2 || converted < 15 {
		t.Errorf("only %d files in JSON, and %d others", inJSON, converted)
	}
}

// goodFiles are the configuration files of config's tests, of the examples and of
// the page on the language.
func goodFiles(t *testing.T) map[string]string {
	t.Helper()
	top := filepath.Join("..", "..")
	files := map[string]string{}
	add := func(name, text string) {
		if strings.HasSuffix(name, ".imap.hcl") || strings.HasSuffix(name, ".imap.json") {
			files[name] = text
		}
	}
	for _, path := range glob(t, filepath.Join(top, "config", "testdata", "good", "*.txtar")) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			add(path+"/"+f.Name, string(f.Data))
		}
	}
	for _, path := range glob(t, filepath.Join(top, "examples", "*", "*.imap.*")) {
		add(path, read(t, path))
	}
	page := filepath.Join(top, "docs", "configuration.md")
	for _, fence := range regexp.MustCompile("(?sm)^```(hcl|json)\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
		add(page+"/"+fence[2][:20]+".imap."+fence[1], fence[2])
	}
	return files
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v, %v", pattern, paths, err)
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBad holds what is wrong against the JSON Schema. The program refuses it, too.
func TestBad(t *testing.T) {
	validator := compiled(t)
	for _, text := range []string{
		// What is no block.
		`3`,
		`"rule"`,
		`[3]`,
		`[[]]`,
		`{"rules": []}`,
		`{"host": "h"}`,
		`{"folder": 3}`,
		`{"folder": "${local.folders}"}`,
		`{"locals": {"a b": 1}}`,
		`{"locals": "x"}`,
		// Labels.
		`{"folder": {}}`,
		`{"folder": []}`,
		`{"folder": {"name": "A"}}`,
		`{"folder": {"a b": {}}}`,
		`{"folder": {"1": {}}}`,
		`{"folder": [{"a": "A"}]}`,
		`{"folder": {"a": {"b": {"name": "x"}}}}`,
		`{"account": {"host": "h", "username": "u", "password": "p"}}`,
		`{"policy": {"p": {"max_messages": 3}}}`,
		`{"moved": {"a": {"from": "a", "to": "b"}}}`,
		`{"rule": [{"//": "comment", "match": {"seen": true}, "stop": true}]}`,
		// The order of rules.
		`{"rule": {"a": {"match": {"seen": true}, "stop": true}, "b": {"match": {"seen": true}, "stop": true}}}`,
		`{"rule": [{"a": {"match": {"seen": true}, "stop": true}, "b": {"match": {"seen": true}, "stop": true}}]}`,
		`[{"folder": {"a": {}}}, {"rule": {"a": {"match": {"seen": true}, "stop": true}, "b": {"match": {"seen": true}, "stop": true}}}]`,
		`{"rule": {"a": {"match": {"seen": true}, "stop": true}}, "module": {"b": {"source": "./b"}}}`,
		`{"module": {"a": {"source": "./a"}, "b": {"source": "./b"}}}`,
		// Arguments and blocks that there are not.
		`{"account": {"a": {"maildir": "m", "prot": 3}}}`,
		`{"folder": {"a": {"match": {"seen": true}}}}`,
		`{"rule": [{"a": {"match": {"sen": true}, "stop": true}}]}`,
		`{"rule": [{"a": {"match": {"any": {"none": {"seen": true}}}, "stop": true}}]}`,
		`{"rule": [{"a": {"match": {"not": {"all": {"any": [{"seen": true}, {"sen": true}]}}}, "stop": true}}]}`,
		`{"variable": {"v": {"validation": {"condition": true, "error_message": "no", "when": 1}}}}`,
		// Required arguments.
		`{"moved": {"from": "a"}}`,
		`{"removed": [{"folder": "a"}, {"messages": "delete"}]}`,
		`{"removed": {"folder": null}}`,
		`{"variable": {"v": {"validation": {"condition": true}}}}`,
		// Values of another kind.
		`{"account": {"a": {"maildir": ["m"]}}}`,
		`{"account": {"a": {"host": "h", "username": "u", "password": "p", "port": 0}}}`,
		`{"account": {"a": {"host": "h", "username": "u", "password": "p", "port": 99.5}}}`,
		`{"account": {"a": {"host": "h", "username": "u", "password": "p", "tls": "yes"}}}`,
		`{"account": {"a": {"host": "h", "username": "u", "password_command": "pass show mail"}}}`,
		`{"account": {"a": {"host": "h", "username": "u", "password": "p", "timeout": "soon"}}}`,
		`{"folder": {"a": {"special_use": "trsh"}}}`,
		`{"folder": {"a": {"account": "account.work"}}}`,
		`{"folder": {"a": {"for_each": ["a", "b"], "name": "${each.key}"}}}`,
		`{"folder": {"a": {"for_each": null}}}`,
		`{"rule": {"a": {"in": "INBOX", "match": {"seen": true}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"seen": true}, "move_to": ["a"]}}}`,
		`{"rule": {"a": {"match": {"seen": true}, "delete": true}}}`,
		`{"rule": {"a": {"match": {"seen": "yes"}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"everything": false}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"older_than": "1 year"}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"older_than": 30}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"larger_than": "10 apples"}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"sent_since": "1.5.2024"}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"subject": ""}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"subject": []}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"subject": [["a"]]}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"subject": {"domain": "a"}}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"subject": {"above": "3"}}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"from": {"case": true, "is": "a"}}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"from": {"local": {"domain": "a"}}}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"header": {"X-A": 3}}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"header": "X-A"}, "stop": true}}}`,
		`{"rule": {"a": {"match": {"matches": "match.bulk"}, "stop": true}}}`,
		`{"policy": {"max_messages": -1}}`,
	} {
		if validate(t, validator, text) == nil {
			t.Errorf("the JSON Schema takes %s", text)
		}
		file := text // with an account, so that none is missing
		switch account := `"account": {"w": {"maildir": "m"}}`; {
		case strings.HasPrefix(text, "["):
			file = "[{" + account + "}, " + text[1:]
		case strings.HasPrefix(text, "{") && !strings.Contains(text, `"account": {`):
			file = "{" + account + ", " + text[1:]
		}
		if !load(t, file).HasErrors() {
			t.Errorf("the program takes %s", text)
		}
	}
}

// TestTaken holds against the JSON Schema what may seem to be wrong.
func TestTaken(t *testing.T) {
	validator := compiled(t)
	for _, text := range []string{
		`{}`,
		`[]`,
		`[{"rule": {"a": {}}}, {"module": [{"b": {"source": "./b", "var": [1]}}]}, {"rule": [{"c": {}}, {"d": {}}]}]`,
		`{"//": ["any", 1]}`,
		`[{"//": "a"}, {"//": "b", "locals": {"//": "c", "a": null}}]`,
		`{"locals": [{"a": 1}, {"b": 2}], "moved": [], "policy": {"//": "none"}}`,
		`{"folder": [{"a": {}, "b": {"//": "c"}}, {"c": [{"name": "C", "subscribed": null, "special_use": "${var.use}"}]}]}`,
		`{"account": {"w": {"maildir": "m", "port": "${var.port}", "tls": null}}}`,
		`{"variable": {"v": {"type": "list(string)", "default": ["a"], "validation": [{"condition": "${true}", "error_message": "a"}, {"condition": true, "error_message": "b"}]}}}`,
		`{"rule": {"a": {"match": {"not": [{"any": {"all": [{"not": {"seen": true}}, {"from": {"domain": ["a.b", {"is": "c.d"}]}}]}}]}}}}`,
		`{"rule": {"a": {"match": {"header": {"${local.name}": {"${local.key}": "x"}, "B": null}}}}}`,
		`{"rule": {"a": {"match": {"older_than": "${var.age}", "sent_since": "2024-05-01T18:00:00+02:00", "subject": [{"is": "a", "case": null}, "b"]}}}}`,
	} {
		if err := validate(t, validator, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
