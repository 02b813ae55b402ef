package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
)

func TestChosen(t *testing.T) {
	var all []*config.Account
	for _, address := range []string{`account.work`, `account.staff["ada"]`, `account.staff["bob"]`, `account.staff["o'neil"]`} {
		label, _, _ := strings.Cut(strings.TrimPrefix(address, "account."), "[")
		all = append(all, &config.Account{Address: address, Label: label})
	}
	for name, want := range map[string][]int{
		"work": {0}, "account.work": {0},
		"staff": {1, 2, 3}, "account.staff": {1, 2, 3},
		`staff["bob"]`: {2}, `account.staff["bob"]`: {2},
	} {
		got, err := chosen(all, []string{name})
		var wanted []*config.Account
		for _, i := range want {
			wanted = append(wanted, all[i])
		}
		if err != nil || !slices.Equal(got, wanted) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := chosen(all, []string{`staff["bob"]`, "work", "staff"}); err != nil || !slices.Equal(got, all) {
		t.Errorf("several: %v, %v", got, err)
	}
	for name, want := range map[string]string{
		"wrok":                    `Did you mean "work"?`,
		"account.stuff":           `Did you mean "account.staff"?`,
		`staff["adda"]`:           `Did you mean -account='staff["ada"]'?`,
		`staff[ada]`:              `-account='staff["ada"]'`,
		`account.staff[bob]`:      `-account='account.staff["bob"]'`,
		`account.staff["o'neal"]`: `-account='account.staff["o'\''neil"]'?`,
		"zzzzzz":                  "account.work and account.staff (3 instances).",
		"ada":                     "The configuration declares",
		"":                        "The configuration declares",
	} {
		if _, err := chosen(all, []string{name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: no %q: %v", name, want, err)
		}
	}
}
