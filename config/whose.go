package config

import (
	"fmt"
	"reflect"

	"github.com/zclconf/go-cty/cty"
)

// accountType is what account.NAME is in expressions, or each of its instances.
var accountType = cty.Capsule("an account", reflect.TypeFor[Account]())

// A declaredAccount is an account block with the accounts that it stands for.
type declaredAccount struct {
	block     *block
	node      *node
	instances []*instance
	accounts  []*Account // of each instance
}

// declareAccount makes the account known as account.NAME: one, or several by key.
// What it says of itself is decoded later: nothing can refer to that, while it may
// refer to a folder that belongs to it.
func (l *loader) declareAccount(b *block) {
	if l.call != nil {
		l.report.errorAt(b.declared, "Account in a module",
			"Accounts are declared in the configuration itself. A module is handed those that it is for: accounts = { main = account.… } in the module block.")
		l.mistaken["account."+b.label] = true
		return
	}
	declared := &declaredAccount{block: b}
	isNew := l.node("account", b.label, b.declared, func() cty.Value {
		declared.instances = l.instances(b)
		var values []cty.Value
		for _, each := range declared.instances {
			a := &Account{Address: l.address(b, each), Label: b.label, Declared: b.declared}
			declared.accounts = append(declared.accounts, a)
			values = append(values, cty.CapsuleVal(accountType, a))
		}
		return instanceValues(b, declared.instances, values)
	})
	if isNew {
		declared.node = l.declared["account"][b.label]
		l.declaredAccounts = append(l.declaredAccounts, declared)
	}
}

// accountsOf are the accounts that a block belongs to: those it names, or the only
// ones there are, which may be none. Not told: which ones they are is not known, or
// wrong, which is reported.
func (l *loader) accountsOf(b *block, each *instance) (accounts []*Account, told bool) {
	if attr, ok := b.args["account"]; ok {
		v, ctx := l.eval(attr.Expr, each)
		switch {
		case v.IsMarked():
			l.sensitiveAt(attr, v, ctx)
			return nil, false
		case !v.IsKnown():
			l.leaveOut(attr, each)
			return nil, false
		case !v.IsNull():
			accounts, err := namedAccounts(v)
			switch {
			case err != nil:
				l.valueError(attr, ctx, err)
			case !v.IsWhollyKnown():
				l.leaveOut(attr, each)
			}
			return accounts, err == nil && v.IsWhollyKnown()
		}
	}
	accounts, names := l.onlyAccounts()
	switch {
	case len(names) == 0:
		l.noAccount(b)
	case len(names) > 1 && l.call != nil && l.handed == nil:
		l.call.from.report.errorAt(l.call.block.declared, "Missing required argument",
			fmt.Sprintf("There are several accounts: say which one the module is for, as in accounts = { main = %s }.", names[0]))
	case len(names) > 1:
		l.report.errorAt(b.rangeOf("account"), "Missing required argument",
			fmt.Sprintf("There are several accounts: say which one is meant, as in account = %s.", names[0]))
	}
	return accounts, len(names) == 1 && !l.missingAccount
}

// noAccount reports, once, that there is no account to which a block could belong.
func (l *loader) noAccount(b *block) {
	if l.missingAccount {
		return
	}
	l.missingAccount = true
	switch {
	case l.call == nil:
		l.report.errorAt(b.declared, "No account", "Nothing says whose mailbox this is: declare an account block.")
	case l.handed == nil:
		l.call.from.noAccount(l.call.block)
	default:
		l.call.from.report.errorAt(l.call.block.rangeOf("accounts"), "No account",
			fmt.Sprintf("The module is handed no account, and %s.%s at %s needs one: name it, as in { main = account.work }.", b.kind.name, b.label, place(b.declared)))
	}
}

// namedAccounts are those that a value names: an account, or all the instances of
// one that has for_each, each once; none of what is not known.
func namedAccounts(v cty.Value) ([]*Account, error) {
	if !v.IsKnown() {
		return nil, nil
	}
	if v.Type().Equals(accountType) && !v.IsNull() {
		return []*Account{v.EncapsulatedValue().(*Account)}, nil
	}
	wrong := wants("an account, as in account.work", v)
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() && !v.Type().IsTupleType() && !v.Type().IsListType() {
		return nil, wrong
	}
	seen := map[*Account]bool{}
	var all []*Account
	for _, element := range v.Elements() {
		switch {
		case !element.IsKnown():
			return nil, nil
		case element.IsMarked() || element.IsNull() || !element.Type().Equals(accountType):
			return nil, wrong
		}
		if a := element.EncapsulatedValue().(*Account); !seen[a] {
			seen[a] = true
			all = append(all, a)
		}
	}
	return all, nil
}

// onlyAccounts are the accounts of a block that names none: if there is one name
// for accounts, those that it stands for. The names are all there are.
func (l *loader) onlyAccounts() (accounts []*Account, names []string) {
	if l.call != nil && l.handed == nil {
		return l.call.from.onlyAccounts()
	}
	for _, name := range sortedKeys(l.handed) {
		names = append(names, "account."+name)
		accounts = l.handed[name]
	}
	for _, declared := range l.declaredAccounts {
		l.valueOf(declared.node, declared.block.declared)
		names = append(names, declared.node.address)
		accounts = declared.accounts
	}
	if len(names) != 1 {
		return nil, names
	}
	return accounts, names
}
