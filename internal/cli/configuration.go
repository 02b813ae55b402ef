package cli

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
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

// load reads the configuration. incomplete: variables may be without a value.
func (inv *invocation) load(sources []config.VarSource, incomplete bool) (*config.Config, config.Files, hcl.Diagnostics) {
	return config.Load(config.Source{
		Dir: inv.Dir, Environ: inv.environment, Vars: sources, Version: inv.Version, Incomplete: incomplete,
	})
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
	var known []string
	for _, name := range names {
		found := false
		for _, a := range all {
			if name == a.Address || name == a.Label || name == "account."+a.Label {
				wanted[a], found = true, true
			}
			known = append(known, a.Address, a.Label)
		}
		if !found {
			detail := "The configuration declares: " + strings.Join(addresses(all), ", ") + "."
			if near := config.Nearest(name, known); near != "" {
				detail = fmt.Sprintf("Did you mean %q?", near)
			}
			return nil, &problem{fmt.Sprintf("There is no account %q", name), detail}
		}
	}
	var some []*config.Account
	for _, a := range all {
		if wanted[a] {
			some = append(some, a)
		}
	}
	return some, nil
}

func addresses(accounts []*config.Account) []string {
	var all []string
	for _, a := range accounts {
		all = append(all, a.Address)
	}
	return all
}
