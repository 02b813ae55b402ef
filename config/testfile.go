package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/rules"
)

// Tests are those that stand beside a configuration, in files whose names end in
// .imaptest.hcl.
type Tests struct {
	Config *Config // what they test; it may be without what accounts are connected with
	All    []*Test // by file, in the order of their declaration; of one with for_each each instance
	// Unknown are errors about what hangs on variables without a value: with any, the
	// tests prove nothing.
	Unknown hcl.Diagnostics
}

// A Test says what becomes of messages.
type Test struct {
	Name     string // `invoices are filed`; of an instance `invoices are filed["ada"]`
	Title    string // the name without the instance's key
	Declared hcl.Range
	Account  *Account
	Now      time.Time // the test's clock; zero: there is none
	Messages []*TestMessage
	Expects  []*Expectation
}

// LoadTests loads a directory's configuration with its tests. No variable needs a
// value. The diagnostics are all that is wrong with either; with errors among them
// there are no Tests.
func LoadTests(src Source) (*Tests, Files, hcl.Diagnostics) {
	src.Incomplete = true
	l := newLoader(src)
	files, ok := l.take(readConfigFiles(src.Dir, ""))
	testFiles, testsOK := l.take(readTestFiles(src.Dir))
	if !ok || !testsOK {
		return loaded[Tests](l, nil)
	}
	tests := &Tests{Config: l.loadWhole(files)}
	for _, name := range sortedKeys(testFiles) {
		tests.All = append(tests.All, l.readTests(testFiles[name])...)
	}
	tests.Unknown = l.unknownValues()
	return loaded(l, tests)
}

// TestBlocks describes the blocks that may stand at the top level of a file of
// tests.
func TestBlocks() []Block { return described(testRootBlock().blocks, nil) }

func isTestFile(name string) bool { return strings.HasSuffix(name, ".imaptest.hcl") }

// readTestFiles parses the files of tests in a directory.
func readTestFiles(dir string) (Files, hcl.Diagnostics) {
	names, diags := listFiles(dir, isTestFile)
	files := Files{}
	for _, name := range names {
		file, fileDiags := parseFile(filepath.Join(dir, name), name)
		diags = append(diags, fileDiags...)
		if file != nil {
			files[name] = file
		}
	}
	return files, diags
}

// testRootBlock is what stands at the top level of a file of tests.
func testRootBlock() *blockType {
	return &blockType{blocks: []*blockType{{
		name: "test", label: "a title", titled: true, doc: "what the rules make of a message",
		args: append(describe(testArguments()), testAccount, forEach),
		blocks: []*blockType{
			{name: "message", label: "a name, where there are several", bare: true, doc: "a message that is in the mailbox", args: describe(messageArguments())},
			{name: "expect", label: "the name of the message", bare: true, doc: "what becomes of the message", args: describe(expectArguments())},
		},
	}}}
}

var testAccount = Argument{Name: "account", Value: "an account", Doc: "whose rules are tested, as in account.work, or account.staff[\"ada\"]; required where there are several accounts", Default: "the only account"}

// otherFile says where a block that cannot stand in this kind of file can; empty:
// nowhere.
func (t *blockType) otherFile(name string) string {
	switch {
	case t.name != "":
		return ""
	case t.nested("test") == nil && testRootBlock().nested(name) != nil:
		return " Tests stand in files of their own, whose names end in .imaptest.hcl."
	case t.nested("test") != nil && rootBlock().nested(name) != nil:
		return " This file is for tests. The configuration stands in files whose names end in .imap.hcl."
	}
	return ""
}

func testArguments() []argument[Test] {
	return []argument[Test]{
		{name: "now", value: "a date", fallback: "the time of the run", doc: "what time it is, as in \"2026-05-01T12:00:00Z\": for tests with dates", set: assign(moment, func(t *Test) *time.Time { return &t.Now })},
	}
}

// checkTitle reports a title that says nothing, or that no line could show.
func (l *loader) checkTitle(b *block) bool {
	if strings.TrimSpace(b.label) == "" || !utf8.ValidString(b.label) || strings.ContainsFunc(b.label, unicode.IsControl) {
		l.report.errorAt(b.labelRange, "Invalid label", "The title of a test says in words what it shows: it must not be empty, nor contain line breaks or other control characters.")
		return false
	}
	return true
}

// readTests decodes the tests of a file.
func (l *loader) readTests(file *hcl.File) []*Test {
	root := &block{kind: testRootBlock()}
	l.readBody(root, file.Body)
	var all []*Test
	first := map[string]*block{}
	for _, b := range root.blocks {
		if other := first[b.label]; other != nil {
			l.report.errorAt(b.declared, "Duplicate declaration", fmt.Sprintf("There is a test %q at %s already.", b.label, place(other.declared)))
			continue
		}
		first[b.label] = b
		for _, each := range orStandIn(l.instances(b)) {
			if t := l.test(b, each); t != nil {
				all = append(all, t)
			}
		}
	}
	return all
}

// test decodes one instance of a test; nil if something of it is wrong, which is
// reported, or not known.
func (l *loader) test(b *block, each *instance) *Test {
	t := &Test{Title: b.label, Name: b.label + each.index(), Declared: b.declared, Now: l.src.Now}
	ok := decode(l, b, each, testArguments(), t).known()
	t.Account = l.testedAccount(b, each)
	messages := l.testMessages(b, each, t)
	l.expectations(b, each, t, messages)
	for _, m := range messages {
		if ok = ok && m.ok; m.ok {
			t.Messages = append(t.Messages, m.message)
		}
	}
	if !ok || b.broken || t.Account == nil || !each.known() || len(t.Expects) == 0 {
		return nil
	}
	return t
}

// testedAccount is the one account that a test is about; nil if that cannot be
// told, which is reported.
func (l *loader) testedAccount(b *block, each *instance) *Account {
	accounts, told := l.accountsOf(b, each)
	switch {
	case len(accounts) == 1:
		return accounts[0]
	case len(accounts) == 0 && told && each.known():
		l.report.errorAt(b.rangeOf("account"), "No account", "The account that this test is about has no instance.")
	case len(accounts) > 1:
		l.report.errorAt(b.rangeOf("account"), "Several accounts", fmt.Sprintf("A test is about one account, and this names %d. Say which one: account = %s.", len(accounts), accounts[0].Address))
	}
	return nil
}

// moment decodes a date, which begins at midnight UTC, or a time (RFC 3339).
func moment(v cty.Value) (time.Time, error) {
	s, err := text(v)
	if err != nil {
		return time.Time{}, err
	}
	at, _, err := rules.ParseDate(s)
	return at, err
}
