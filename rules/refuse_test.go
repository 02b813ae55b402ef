package rules

import (
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

var root = cty.Path{}

func index(i int64) cty.Path { return root.Index(cty.NumberIntVal(i)) }
func attr(names ...string) cty.Path {
	path := root
	for _, name := range names {
		path = path.GetAttr(name)
	}
	return path
}

func TestCompileRefuses(t *testing.T) {
	deep := cty.ListVal([]cty.Value{strs("a")})
	tests := []struct {
		criterion string
		value     cty.Value
		path      cty.Path // of what is marked
		want      string   // in the error
	}{
		// What every criterion refuses.
		{"subject", cty.NilVal, root, "no value"},
		{"subject", null(), root, "null"},
		{"subject", cty.UnknownVal(cty.String), root, "not known"},
		{"subject", cty.DynamicVal, root, "not known"},
		{"subject", str("secret").Mark("sensitive"), root, "sensitive"},
		{"subject", tuple(str("a"), str("secret").Mark("sensitive")), index(1), "sensitive"},

		// Text tests.
		{"subject", str(""), root, "empty"},
		{"subject", str(" \u00a0 "), root, "compact"},
		{"subject", str("a\tb"), root, "control character U+0009"},
		{"subject", str("a\x00"), root, "control character U+0000"},
		{"subject", str("a\u0085"), root, "control character U+0085"},
		{"subject", str("a\xff"), root, "UTF-8"},
		{"subject", num(5), root, "this is a number, and a text test is not: write a string, a list of strings or an object"},
		{"subject", cty.True, root, "this is true or false, and a text test"},
		{"subject", cty.EmptyTupleVal, root, "the list is empty"},
		{"subject", cty.ListValEmpty(cty.String), root, "the list is empty"},
		{"subject", cty.SetValEmpty(cty.String), root, "the list is empty"},
		{"subject", tuple(str("a"), null()), index(1), "null"},
		{"subject", cty.ListVal([]cty.Value{str("a"), cty.NullVal(cty.String)}), index(1), "null"},
		{"subject", strs("a", ""), index(1), "compact(split(…))"},
		{"subject", set("", "b"), root.Index(str("")), "empty"},
		{"subject", deep, index(0), "flatten"},
		{"subject", tuple(str("a"), num(1)), index(1), "this is a number"},
		{"subject", cty.EmptyObjectVal, root, "the object is empty"},
		{"subject", obj("is", null()), root, "the object is empty"},
		{"subject", obj("case", cty.True), root, "the object tests nothing: it needs one of above, at_least"},
		{"subject", obj("raw", cty.True), root, "tests nothing"},
		{"subject", obj("equals", str("a")), attr("equals"), `did you mean "is"?`},
		{"subject", obj("contain", str("a")), attr("contain"), `did you mean "contains"?`},
		{"subject", obj("starts-with", str("a")), attr("starts-with"), `did you mean "prefix"?`},
		{"subject", obj("zzzzzz", str("a")), attr("zzzzzz"), "it can have above, at_least"},
		{"subject", mapOf("zzzzzz", str("a")), root.Index(str("zzzzzz")), "it can have above, at_least"},
		{"subject", tuple(obj("iss", str("a"))), index(0).GetAttr("iss"), `did you mean "is"?`},
		{"subject", obj("is", num(5)), attr("is"), "this is a number: write a string or a list of strings"},
		{"subject", obj("is", obj("is", str("a"))), attr("is"), "this is an object: write a string"},
		{"subject", obj("contains", cty.EmptyTupleVal), attr("contains"), "the list is empty"},
		{"subject", obj("contains", tuple(str("a"), str(" "))), attr("contains").Index(cty.NumberIntVal(1)), "empty"},
		{"subject", obj("is", str("")), attr("is"), "empty"},
		{"subject", obj("case", str("true"), "is", str("a")), attr("case"), "this is a string: write true or false, without quotes"},
		{"subject", obj("exists", num(1)), attr("exists"), "this is a number: write true or false"},
		{"subject", obj("exists", cty.False, "is", str("a")), root, "two elements"},
		{"subject", obj("exists", cty.False, "case", cty.True), root, "two elements"},
		{"subject", obj("glob", str("*")), attr("glob"), "nothing but wildcards"},
		{"subject", obj("glob", str(" ** ")), attr("glob"), "nothing but wildcards"},
		{"subject", obj("glob", str("?*")), attr("glob"), "nothing but wildcards"},
		{"subject", obj("glob", strs("a*", "*")), attr("glob").Index(cty.NumberIntVal(1)), "nothing but wildcards"},
		{"subject", obj("regex", str("(a")), attr("regex"), "missing closing )"},
		{"subject", obj("regex", str("(?=a)")), attr("regex"), "invalid or unsupported Perl syntax"},
		{"subject", obj("regex", str("a{9999}")), attr("regex"), "invalid repeat count"},
		{"subject", obj("regex", str("")), attr("regex"), "empty"},
		{"subject", obj("regex", str("()")), attr("regex"), "holds for every value"},
		{"subject", obj("regex", str("^(|a)")), attr("regex"), "holds for every value"},
		{"subject", obj("regex", str("^.*$")), attr("regex"), "holds for every value"},
		{"subject", obj("at_least", str("5")), attr("at_least"), "this is a string: write a number, without quotes"},
		{"subject", obj("below", cty.EmptyTupleVal), attr("below"), "the list is empty"},
		{"subject", obj("below", cty.PositiveInfinity), attr("below"), "too large"},
		{"message_id", num(1), root, "this is a number"},

		// Headers.
		{"header", str("Precedence"), root, "header is a map"},
		{"header", strs("Precedence"), root, "this is a list, and header is a map"},
		{"header", cty.EmptyObjectVal, root, "the object is empty"},
		{"header", obj("X-A", null()), root, "the object is empty"},
		{"header", obj("X-A", str("")), attr("X-A"), "empty"},
		{"header", obj("X-A:", str("a")), attr("X-A:"), `say "X-A"`},
		{"header", obj("X A", str("a")), attr("X A"), "no header's name"},
		{"header", obj("", str("a")), attr(""), "no header's name"},
		{"header", obj(":", str("a")), attr(":"), "no header's name"},
		{"header", obj("*", str("a")), attr("*"), "no header's name"},
		{"header", obj("X-Ä", str("a")), attr("X-Ä"), "no header's name"},
		{"header", obj("X-A\r\nY", str("a")), attr("X-A\r\nY"), "no header's name"},
		{"header", obj("X-A", str("a"), "x-a", str("b")), attr("x-a"), `already there as "X-A"`},
		{"header", obj("X-A", num(1)), attr("X-A"), "this is a number"},
		{"header", obj("X-A", obj("exist", cty.True)), attr("X-A", "exist"), `did you mean "exists"?`},

		// Lists.
		{"list_id", num(1), root, "this is a number, and a list test is not"},
		{"list_id", str(""), root, "empty"},
		{"list_id", cty.EmptyTupleVal, root, "the list is empty"},
		{"list_id", str("<go.example.org>"), root, `write "go.example.org"`},
		{"list_id", strs("x.y", "Go <go.example.org>"), index(1), `write "go.example.org"`},
		{"list_id", str("go.example.org>"), root, "between the brackets"},

		// Addresses.
		{"from", str(""), root, "empty"},
		{"from", num(1), root, "this is a number, and an address test is not"},
		{"from", str("@"), root, `"@" alone would take every address`},
		{"from", str(" @ "), root, "every address"},
		{"from", str("ada@"), root, `say { local = "ada" }`},
		{"from", str("a@b@example.com"), root, `{ address = { is = "a@b@example.com" } }`},
		{"from", str(`"a@b"@example.com`), root, `{ address = { is = "a@b@example.com" } }`},
		{"from", str("@@example.com"), root, `more than one "@"`},
		{"from", str("*"), root, "{ exists = true }"},
		{"from", str("*@*"), root, "{ exists = true }"},
		{"from", str("*@shop.com"), root, `say { domain = "shop.com" }`},
		{"from", str("*.shop.com"), root, `say { domain = "shop.com" }, which takes its subdomains too`},
		{"from", str("@*.shop.com"), root, `say { domain = "shop.com" }, which takes its subdomains too`},
		{"from", str("*@*.shop.com"), root, `say { domain = "shop.com" }, which takes its subdomains too`},
		{"from", str("ada*@shop.com"), root, `say { address = { glob = "ada*@shop.com" } }`},
		{"from", str("Ada <ada@example.com>"), root, "write each address alone"},
		{"from", str("<ada@example.com>"), root, "write each address alone"},
		{"from", str("a@b.com, c@d.com"), root, "write each address alone"},
		{"from", str("ada@exa..mple"), root, "is no domain"},
		{"from", str("@.com"), root, "is no domain"},
		{"from", str("@."), root, "is no domain"},
		{"from", strs("ada@example.com", ""), index(1), "compact"},
		{"from", cty.EmptyTupleVal, root, "the list is empty"},
		{"from", cty.EmptyObjectVal, root, "the object is empty"},
		{"from", obj("adress", str("a@b")), attr("adress"), `did you mean "address"?`},
		{"from", obj("mailbox", str("a")), attr("mailbox"), `did you mean "local"?`},
		{"from", obj("zzzzzz", str("a")), attr("zzzzzz"), "it can have above, address, at_least"},
		{"from", obj("is", str("a"), "case", cty.True), attr("case"), "letter case never counts"},
		{"from", obj("is", str("a"), "raw", cty.True), attr("raw"), "say header"},
		{"from", obj("local", obj("is", str("a"), "case", cty.True)), attr("local", "case"), "letter case never counts"},
		{"from", obj("address", str("ada")), attr("address"), "no whole address"},
		{"from", obj("address", str("@example.com")), attr("address"), "no whole address"},
		{"from", obj("address", str("a*@example.com")), attr("address"), "{ glob ="},
		{"from", obj("address", strs("a@b.c", "")), attr("address").Index(cty.NumberIntVal(1)), "empty"},
		{"from", obj("address", cty.EmptyTupleVal), attr("address"), "the list is empty"},
		{"from", obj("address", num(1)), attr("address"), "this is a number"},
		{"from", obj("local", str("a@b")), attr("local"), "{ address = … }"},
		{"from", obj("local", str("a*")), attr("local"), `{ glob = "a*" }`},
		{"from", obj("user", str("a+b")), attr("user"), "say local"},
		{"from", obj("detail", str("+b")), attr("detail"), `say "b"`},
		{"from", obj("domain", str("a b")), attr("domain"), "no domain"},
		{"from", obj("domain", str("@")), attr("domain"), "no domain"},
		{"from", obj("domain", str("*.shop.com")), attr("domain"), `say "shop.com"`},
		{"from", obj("domain", str("shop.*")), attr("domain"), `{ glob = "shop.*" }`},
		{"from", obj("name", str(" ")), attr("name"), "empty"},
		{"from", obj("exists", cty.False, "name", str("a")), root, "two elements"},

		// Text that is read.
		{"body", num(5), root, "this is a number, and a text test is not"},
		{"body", str(" "), root, "empty"},
		{"body", str("a\nb"), root, "control character U+000A"},
		{"body", cty.EmptyTupleVal, root, "the list is empty"},
		{"body", cty.EmptyObjectVal, root, "the object is empty"},
		{"body", tuple(str("a"), null()), index(1), "null"},
		{"body", obj("case", cty.True), root, "tests nothing"},
		{"body", obj("contain", str("a")), attr("contain"), `did you mean "contains"?`},
		{"body", obj("zzzzzz", str("a")), attr("zzzzzz"), "case, contains, exists, glob, is, prefix, regex and suffix"},
		{"body", obj("is", str("a"), "raw", cty.True), attr("raw"), "always compared decoded"},
		{"body", obj("is", str("a"), "raw", cty.False), attr("raw"), "always compared decoded"},
		{"body", obj("is", str("a"), "exists", cty.False), root, "two elements"},
		{"body", obj("regex", str(".*")), attr("regex"), "say exists = true"},
		{"text", obj("exists", cty.True), attr("exists"), "body = { exists = true }"},
		{"text", obj("exists", cty.False), attr("exists"), "every message has a header"},
		{"text", obj("is", str("a"), "raw", cty.True), attr("raw"), "say header"},
		{"text", obj("zzzzzz", str("a")), attr("zzzzzz"), "case, contains, glob, is, prefix, regex and suffix"},
		{"text", obj("case", cty.True), root, "at_least, at_most, below, contains, glob"},

		// Parts.
		{"attachment", null(), root, "null"},
		{"attachment", str("pdf"), root, `this is a string: write true, false or an object such as { name = { suffix = ".pdf" } }`},
		{"attachment", num(1), root, "this is a number"},
		{"attachment", tuple(cty.True), index(0), "this is true or false: write an object"},
		{"attachment", cty.EmptyTupleVal, root, "the list is empty"},
		{"attachment", cty.EmptyObjectVal, root, "the object is empty"},
		{"attachment", obj("name", null()), root, "the object is empty"},
		{"attachment", obj("name", str("")), attr("name"), "empty"},
		{"attachment", obj("name", cty.EmptyTupleVal), attr("name"), "the list is empty"},
		{"attachment", obj("name", str("*.pdf")), attr("name"), `say { glob = "*.pdf" }`},
		{"attachment", obj("type", strs("a", "image/*")), attr("type").Index(cty.NumberIntVal(1)), `say { glob = "image/*" }`},
		{"attachment", obj("name", obj("is", str("a"), "raw", cty.True)), attr("name", "raw"), "always compared decoded"},
		{"attachment", obj("name", obj("exist", cty.True)), attr("name", "exist"), `did you mean "exists"?`},
		{"attachment", obj("filename", str("a")), attr("filename"), `did you mean "name"?`},
		{"attachment", obj("mime-type", str("a")), attr("mime-type"), `did you mean "type"?`},
		{"attachment", obj("charset", str("a")), attr("charset"), "it can have name and type"},
		{"part", cty.True, root, "this is true or false: write an object such as"},
		{"part", str("text/html"), root, "this is a string: write an object"},
		{"part", tuple(obj("type", str("a")), str("b")), index(1), "this is a string"},
		{"part", cty.EmptyObjectVal, root, "the object is empty"},
		{"part", obj("type", num(1)), attr("type"), "this is a number, and a text test is not"},
		{"part", obj("type", obj("zzzzzz", str("a"))), attr("type", "zzzzzz"), "case, contains, exists, glob"},
		{"part", obj("param", str("a")), attr("param"), `did you mean "params"?`},
		{"part", obj("zzzzzz", str("a")), attr("zzzzzz"), "it can have charset, name, params and type"},
		{"part", obj("params", str("a")), attr("params"), "this is a string, and params is a map"},
		{"part", obj("params", cty.EmptyObjectVal), attr("params"), "the object is empty"},
		{"part", obj("params", obj("method", null())), attr("params"), "the object is empty"},
		{"part", obj("params", obj("method", str(""))), attr("params", "method"), "empty"},
		{"part", obj("params", obj("a b", str("a"))), attr("params", "a b"), "no parameter's name"},
		{"part", obj("params", obj("", str("a"))), attr("params", ""), "no parameter's name"},
		{"part", obj("params", obj("name*", str("a"))), attr("params", "name*"), "no parameter's name"},
		{"part", obj("params", obj("größe", str("a"))), attr("params", "größe"), "no parameter's name"},
		{"part", obj("params", obj("FileName", str("a"))), attr("params", "FileName"), "say name beside params"},
		{"part", obj("params", obj("Method", str("a"), "method", str("b"))), attr("params", "method"), `already there as "Method"`},

		// Times.
		{"older_than", num(30), root, `this is a number, and an age is a string such as "30d"`},
		{"older_than", strs("1d"), root, "this is a list"},
		{"older_than", str(""), root, "no age"},
		{"older_than", str("30"), root, "h, d (24 h), w (7 d), mo (30 d) and y (365 d)"},
		{"older_than", str("30m"), root, "no age"},
		{"older_than", str("30 d"), root, "no age"},
		{"older_than", str("-1d"), root, "no age"},
		{"older_than", str("1e3d"), root, "no age"},
		{"older_than", str(".5d"), root, "no age"},
		{"older_than", str("1.d"), root, "no age"},
		{"older_than", str("1.2.3d"), root, "no age"},
		{"older_than", str("NaNd"), root, "no age"},
		{"older_than", str("0d"), root, "at least a second"},
		{"older_than", str("0.0001h"), root, "at least a second"},
		{"older_than", str("1001y"), root, `at most "1000y"`},
		{"older_than", str(strings.Repeat("9", 400) + "y"), root, "no age"},
		{"newer_than", cty.True, root, "this is true or false"},
		{"in_folder_for", str("soon"), root, "no age"},
		{"received_before", num(2024), root, "this is a number, and a date"},
		{"received_before", str("2024-02-30"), root, "no date"},
		{"received_before", str("01.05.2024"), root, "RFC 3339"},
		{"sent_since", str(""), root, "no date"},

		// Sizes and flags.
		{"larger_than", num(1000), root, `this is a number, and a size is a string such as "10MB"`},
		{"larger_than", str("1000"), root, "B, kB, MB"},
		{"larger_than", str("10M"), root, "no size"},
		{"larger_than", str("10mb"), root, "no size"},
		{"larger_than", str("0B"), root, "at least an octet"},
		{"larger_than", str("99999999TB"), root, "no size"},
		{"smaller_than", str("-1B"), root, "no size"},
		{"seen", str("true"), root, "this is a string: write true or false, without quotes"},
		{"draft", num(1), root, "this is a number"},
		{"flags", str(""), root, "empty"},
		{"flags", cty.EmptyTupleVal, root, "the list is empty"},
		{"flags", strs("seen", "deleted"), index(1), `delete = "trash"`},
		{"flags", str("unread"), root, "seen = false"},
		{"flags", str("a b"), root, "keyword"},
		{"flags", tuple(num(1)), index(0), "this is a number: write flags as strings"},
		{"flags", obj("is", str("seen")), root, "this is an object"},
		{"everything", cty.False, root, "would match nothing"},
		{"everything", str("yes"), root, "this is a string"},
	}
	for _, test := range tests {
		got, err := criterion(t, test.criterion).Compile(test.value)
		if err == nil || got != nil {
			t.Errorf("%s = %#v: got %v, %v; want an error and no test", test.criterion, test.value, got, err)
			continue
		}
		wrong, ok := errors.AsType[cty.PathError](err)
		if !ok || !wrong.Path.Equals(test.path) {
			t.Errorf("%s = %#v: error at %#v; want %#v", test.criterion, test.value, wrong.Path, test.path)
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s = %#v:\n got %q\nwant %q in it", test.criterion, test.value, err, test.want)
		}
	}
}
