package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestAlike: what is wrong with thousands of elements or instances in the same way is
// said of the first ones, and how many more there are.
func TestAlike(t *testing.T) {
	const account = "account \"work\" { maildir = \"m\" }\n"
	for name, c := range map[string]struct {
		text string // %d: how many elements are wrong
		line func(i int) string
	}{
		"dynamic block": {
			text: account + `rule "r" {
  match {
    dynamic "any" {
      for_each = [for i in range(%d) : "x${i}"]
      content { larger_than = any.value }
    }
  }
  move_to = "A"
}
`,
			line: func(i int) string {
				return fmt.Sprintf(`main.imap.hcl:6,31-40: Invalid value for larger_than: "x%d" is no size:`, i)
			},
		},
		"for_each": {
			text: account + `folder "f" {
  for_each = toset([for i in range(%d) : format("%%05d", i)])
  name     = "a//${each.key}"
}
`,
			line: func(i int) string {
				return fmt.Sprintf(`main.imap.hcl:4,14-30: Invalid value for name: The folder name "a//%05d" has `, i)
			},
		},
		"for expression": {
			text: account + `locals {
  f = [for i in range(%d) : tonumber("x${i}")]
}
`,
			line: func(int) string { return `main.imap.hcl:3,` },
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range []int{1, maxAlike, maxAlike + 1, 1000} {
				// What else is wrong is said as ever, before and behind it.
				text := strings.Replace(fmt.Sprintf(c.text, wrong), "maildir = \"m\"", "maildir = []", 1) + "folder \"last\" { name = [] }\n"
				_, got := loadText(t, Source{}, text)
				lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(got), "\n"), func(line string) bool { return strings.HasPrefix(line, "    with ") })
				if !strings.Contains(lines[0], "for maildir") || !strings.Contains(lines[len(lines)-1], "for name: This must be a folder's name") {
					t.Fatalf("%d wrong elements: the others are not as they were:\n%s", wrong, got)
				}
				alike := lines[1 : len(lines)-1]
				if wrong > maxAlike {
					rest := alike[len(alike)-1]
					if want := fmt.Sprintf("So it is with other elements or instances: %d more, which are not listed.", wrong-maxAlike); !strings.HasSuffix(rest, want) || !strings.HasPrefix(rest, alike[0][:strings.Index(alike[0], ": ")]) {
						t.Errorf("%d wrong elements: the last one is %s", wrong, rest)
					}
					alike = alike[:len(alike)-1]
				}
				if len(alike) != min(wrong, maxAlike) {
					t.Errorf("%d wrong elements: %d are said:\n%s", wrong, len(alike), got)
				}
				for i, line := range alike {
					if !strings.HasPrefix(line, c.line(i)) {
						t.Errorf("%d wrong elements: of element %d: %s", wrong, i, line)
					}
				}
			}
		})
	}
}

// TestAlikeNowhere: what has no place in a file is not one mistake made many times.
func TestAlikeNowhere(t *testing.T) {
	var src Source
	for i := range 2 * maxAlike {
		src.Vars = append(src.Vars, VarSource{Name: fmt.Sprintf("v%d", i), Value: "x"})
	}
	_, got := loadText(t, src, "account \"work\" { maildir = \"m\" }\n")
	if n := strings.Count(got, "Unknown variable"); n != len(src.Vars) || strings.Contains(got, "not listed") {
		t.Errorf("%d are said of %d:\n%s", n, len(src.Vars), got)
	}
}
