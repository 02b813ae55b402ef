package cli

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// variableFlags are -var and -var-file.
type variableFlags struct{ sources []config.VarSource }

func (v *variableFlags) flags(fs *flag.FlagSet) {
	fs.Func("var", "The value of a variable, as `NAME=VALUE`. May be given several times. Not for sensitive variables: anybody on this machine can read command lines.", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return errors.New("write it as -var=NAME=VALUE")
		}
		v.sources = append(v.sources, config.VarSource{Name: strings.TrimSpace(name), Value: value})
		return nil
	})
	fs.Func("var-file", "A `FILE` with values of variables. May be given several times; of -var and -var-file the last one wins.", func(s string) error {
		if s == "" {
			return errors.New("write it as -var-file=FILE")
		}
		v.sources = append(v.sources, config.VarSource{File: s})
		return nil
	})
}

// source is where the configuration comes from. incomplete: variables may be without
// a value.
func (inv *invocation) source(sources []config.VarSource, incomplete bool) config.Source {
	return config.Source{
		Dir: inv.Dir, Environ: inv.environment, Vars: sources, Now: inv.Now(), Version: inv.Version, Incomplete: incomplete,
	}
}

// chosen are the accounts that -account names; without it all.
func chosen(all []*config.Account, names []string) ([]*config.Account, error) {
	if len(all) == 0 {
		return nil, &problem{"The configuration has no account", "Declare one:\n\n    account \"work\" {\n      host     = \"imap.example.com\"\n      username = \"ada@example.com\"\n      password = var.imap_password\n    }"}
	}
	if len(names) == 0 {
		return all, nil
	}
	wanted := map[*config.Account]bool{}
	for _, name := range names {
		found := false
		for _, a := range all {
			if isNamed(a, name) {
				wanted[a], found = true, true
			}
		}
		if !found {
			return nil, &problem{fmt.Sprintf("There is no account %q", name), accountMeant(all, name)}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(a *config.Account) bool { return !wanted[a] }), nil
}

// isNamed says whether a name is the account's: its address, the name of its block,
// which all its instances share, or either without or with "account." before it.
func isNamed(a *config.Account, name string) bool {
	return name == a.Address || name == shortAddress(a) || name == a.Label || name == accountPrefix+a.Label
}

const accountPrefix = "account."

// shortAddress is an account's address as few have to type it: staff["ada"].
func shortAddress(a *config.Account) string { return strings.TrimPrefix(a.Address, accountPrefix) }

// accountMeant says which account somebody may have meant by a name that none has.
func accountMeant(all []*config.Account, name string) string {
	var known []string
	for _, a := range all {
		for _, address := range []string{a.Address, shortAddress(a)} {
			if name == strings.ReplaceAll(address, `"`, "") {
				return "A shell takes quotation marks away unless they are quoted themselves. Write: -account=" + shellQuoted(address)
			}
		}
		known = append(known, a.Address, shortAddress(a), a.Label, accountPrefix+a.Label)
	}
	near := config.Nearest(name, known)
	switch {
	case near == "":
		return "The configuration declares: " + render.Some(declared(all)) + "."
	case strings.Contains(near, `"`):
		return "Did you mean -account=" + shellQuoted(near) + "?"
	default:
		return fmt.Sprintf("Did you mean %q?", near)
	}
}

// declared are the accounts as blocks: of one with instances, how many there are.
func declared(all []*config.Account) []string {
	instances := map[string]int{}
	for _, a := range all {
		instances[a.Label]++
	}
	var blocks []string
	for _, a := range all {
		block := a.Address
		if n := instances[a.Label]; n > 1 {
			block = fmt.Sprintf("%s (%d instances)", accountPrefix+a.Label, n)
		}
		if !slices.Contains(blocks, block) {
			blocks = append(blocks, block)
		}
	}
	return blocks
}

// shellQuoted is a word as a shell takes it whole.
func shellQuoted(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
