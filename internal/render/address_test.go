package render

import "testing"

func TestBlockOf(t *testing.T) {
	for address, want := range map[string][2]string{
		"folder.list":                                     {"folder", "list"},
		`folder.list["a.b[c]"]`:                           {"folder", "list"},
		"module.a.folder.list":                            {"folder", "list"},
		`module.a["x].folder.y"].folder.list`:             {"folder", "list"},
		`module.a["\"].folder.y"].module.b.rule.old["k"]`: {"rule", "old"},
		`module.a["x"]`:                                   {"", ""},
		"module.a":                                        {"", ""},
		`module.a["x`:                                     {"", ""},
		"":                                                {"", ""},
		"rule":                                            {"", ""},
	} {
		if kind, label := blockOf(address); kind != want[0] || label != want[1] {
			t.Errorf("%s: got %q %q", address, kind, label)
		}
	}
}
