package document

import (
	"strings"
	"testing"
)

func TestAddressOf(t *testing.T) {
	none := "\x00" // no index
	for _, c := range []struct{ text, module, kind, label, index string }{
		{"rule.old", "", "rule", "old", none},
		{`folder.list["golang"]`, "", "folder", "list", "golang"},
		{`folder.list[""]`, "", "folder", "list", ""},
		{`folder.list["a\"]b\\"]`, "", "folder", "list", `a"]b\`},
		{`folder.list["$${x} %%{y}"]`, "", "folder", "list", "${x} %{y}"},
		{`folder.list[3]`, "", "folder", "list", "3"},
		{"module.a.rule.old", "module.a", "rule", "old", none},
		{`module.a["x.folder.y"].module.b.rule.old["k"]`, `module.a["x.folder.y"].module.b`, "rule", "old", "k"},
	} {
		a, ok := addressOf(c.text)
		index := none
		if a.index != nil {
			index = *a.index
		}
		if !ok || a.module != c.module || a.kind != c.kind || a.label != c.label || index != c.index {
			t.Errorf("%s: %+v with index %q, %t", c.text, a, index, ok)
		}
	}
	for _, text := range []string{"", "rule", "rule.", ".old", "module.a", "module.", `module.a["x]`, `module.a["x"]`, `module.a["x"]rule.old`, "rule.[1]"} {
		if a, ok := addressOf(text); ok {
			t.Errorf("%q is taken for %+v", text, a)
		}
	}
}

// A key comes back from its address, whatever it holds.
func FuzzQuoteKey(f *testing.F) {
	for _, key := range []string{"", "a", `"]`, `\`, "${x}", "$${x}", "%{", "a\nb\tc\r", "日本"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		address := "module.m" + quoteKey(key) + ".rule.r" + quoteKey(key)
		a, ok := addressOf(address)
		if !ok || a.kind != "rule" || a.label != "r" || a.index == nil || a.module != "module.m"+quoteKey(key) {
			t.Fatalf("%s: %+v, %t", address, a, ok)
		}
		// Go quotes no raw control characters; a key with one comes back as written.
		if *a.index != key && !strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' || r == '$' || r == '%' }) {
			t.Errorf("%q came back as %q", key, *a.index)
		}
	})
}

func FuzzAddressOf(f *testing.F) {
	f.Add(`module.a["x.folder.y"].module.b.rule.old["k"]`)
	f.Add(`module.["`)
	f.Fuzz(func(t *testing.T, text string) {
		if a, ok := addressOf(text); ok && (a.kind == "" || a.label == "" || !strings.HasPrefix(text, a.module)) {
			t.Errorf("%q: %+v", text, a)
		}
	})
}
