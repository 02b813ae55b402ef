package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// An addressKey is a part of an address that an object can test.
type addressKey struct {
	// plain is what a string by itself means.
	plain func(n node, s string) (addressCondition, error)
	// texts are the forms of the part that a text test over it may hold for; none
	// where the address lacks it.
	texts func(*message.Address) []message.Text
}

var addressKeys = map[string]addressKey{
	"address": {plainAddress, addressTexts},
	"local":   {plainLocal, func(a *message.Address) []message.Text { return someText(a.Local) }},
	"user": {plainUser, func(a *message.Address) []message.Text {
		user, _, _ := strings.Cut(a.Local.Plain, "+")
		return someText(message.TextOf(user))
	}},
	"detail": {plainDetail, func(a *message.Address) []message.Text {
		_, detail, _ := strings.Cut(a.Local.Plain, "+")
		return someText(message.TextOf(detail))
	}},
	"domain": {plainDomain, domainTexts},
	"name":   {plainName, func(a *message.Address) []message.Text { return someText(a.Name) }},
}

// partStyle is for text tests over a part of an address.
var partStyle = textStyle{
	what:    "a test of a part of an address",
	letters: caseNever,
	refused: map[string]string{"case": asInField, "raw": asInField},
}

const asInField = `letter case never counts in addresses; to test the field as it is, say header = { "From" = … }`

// compileAddressObject makes the alternative of an object: all of its keys hold for
// one address.
func compileAddressObject(n node) (alternative, error) {
	entries, err := n.entries()
	if err != nil {
		return alternative{}, err
	}
	var conditions []addressCondition
	var whole []entry // keys of a text test over all of the address
	for _, e := range entries {
		key, ok := addressKeys[e.key]
		switch {
		case ok:
			condition, err := key.compile(e.node)
			if err != nil {
				return alternative{}, err
			}
			conditions = append(conditions, condition)
		case slices.Contains(knownTextKeys(), e.key):
			whole = append(whole, e)
		default:
			known := slices.Concat(slices.Collect(maps.Keys(addressKeys)), testingKeys())
			return alternative{}, unknownKey(e, slices.Sorted(slices.Values(known)))
		}
	}
	if len(whole) > 0 {
		c, err := compileTextObject(n, whole, partStyle)
		switch {
		case err != nil:
			return alternative{}, err
		case c.exists == absent && len(conditions) > 0:
			return alternative{}, n.errorf("exists = false says that there is nothing that anything else in the object could test: use two elements of a list")
		case c.exists == absent:
			return alternative{absent: true}, nil
		case c.exists == present && len(conditions)+len(c.conditions) == 0:
			// A field without any address is there, too.
			return alternative{pass: func(*message.Field) Truth { return True }}, nil
		}
		conditions = append(conditions, func(a *message.Address) bool { return c.passesSome(wholeTexts(a)) })
	}
	return alternative{pass: someAddress(func(a *message.Address) bool {
		for _, holds := range conditions {
			if !holds(a) {
				return false
			}
		}
		return true
	})}, nil
}

// compile makes the condition of one key: a string, an object or a list of them.
func (k addressKey) compile(n node) (addressCondition, error) {
	elements, err := n.elements()
	if err != nil {
		return nil, err
	}
	conditions := make([]addressCondition, len(elements))
	for i, e := range elements {
		if conditions[i], err = k.compileOne(e); err != nil {
			return nil, err
		}
	}
	return func(a *message.Address) bool {
		return slices.ContainsFunc(conditions, func(holds addressCondition) bool { return holds(a) })
	}, nil
}

func (k addressKey) compileOne(n node) (addressCondition, error) {
	if n.isString() {
		s, err := n.text()
		if err != nil {
			return nil, err
		}
		return k.plain(n, strings.TrimSpace(s))
	}
	c, err := compileTextCase(n, partStyle)
	if err != nil {
		return nil, err
	}
	return func(a *message.Address) bool { return c.passesSome(k.texts(a)) }, nil
}

// passesSome says whether some form of a value passes; no form: there is no value.
func (c *textCase) passesSome(forms []message.Text) bool {
	if c.exists == absent {
		return len(forms) == 0
	}
	return slices.ContainsFunc(forms, c.passes)
}

func plainAddress(n node, s string) (addressCondition, error) {
	at := strings.LastIndexByte(s, '@')
	switch {
	case strings.Contains(s, "*"):
		return nil, wildcard(n, s)
	case at <= 0 || !validDomain(s[at+1:]) || strings.ContainsAny(s, "<> "):
		return nil, n.errorf(`%q is no whole address such as "ada@example.com": for a part of one, say { local = … } or { domain = … }`, s)
	}
	key := wholeKey(s[:at], s[at+1:])
	return func(a *message.Address) bool { return a.Domain != "" && a.Spec.Fold == key }, nil
}

func plainLocal(n node, s string) (addressCondition, error) {
	if err := localPart(n, s); err != nil {
		return nil, err
	}
	fold := message.TextOf(s).Fold
	return func(a *message.Address) bool { return a.Local.Fold == fold }, nil
}

func plainUser(n node, s string) (addressCondition, error) {
	if err := localPart(n, s); err != nil {
		return nil, err
	}
	if strings.Contains(s, "+") {
		return nil, n.errorf(`the user is what stands before the "+": for %q, say local`, s)
	}
	fold := message.TextOf(s).Fold
	return func(a *message.Address) bool {
		user, _, _ := strings.Cut(a.Local.Fold, "+")
		return user == fold
	}, nil
}

func plainDetail(n node, s string) (addressCondition, error) {
	if err := localPart(n, s); err != nil {
		return nil, err
	}
	if rest, ok := strings.CutPrefix(s, "+"); ok {
		return nil, n.errorf(`the detail is what follows the "+": say %q`, rest)
	}
	fold := message.TextOf(s).Fold
	return func(a *message.Address) bool {
		_, detail, _ := strings.Cut(a.Local.Fold, "+")
		return detail == fold
	}, nil
}

// localPart refuses what never stands before a "@".
func localPart(n node, s string) error {
	switch {
	case strings.Contains(s, "*"):
		return n.errorf(`a string here has no wildcards: say { glob = %q }`, s)
	case strings.Contains(s, "@"):
		return n.errorf(`%q has a "@", and this is only what stands before it: say { address = … }, or { is = %q } for the odd address that has one there`, s, s)
	}
	return nil
}

func plainDomain(n node, s string) (addressCondition, error) {
	domain := strings.TrimPrefix(s, "@")
	switch {
	case strings.Contains(s, "*"):
		if rest, ok := strings.CutPrefix(s, "*."); ok && validDomain(rest) {
			return nil, n.errorf(`a domain has no wildcards: say %q, which takes its subdomains too`, rest)
		}
		return nil, n.errorf(`a domain has no wildcards: say { glob = %q }`, s)
	case !validDomain(domain):
		return nil, n.errorf(`%q is no domain such as "example.com"`, s)
	}
	domains := map[string]bool{message.Domain(domain): true}
	return func(a *message.Address) bool { return inDomains(a.Domain, domains) }, nil
}

func plainName(_ node, s string) (addressCondition, error) {
	fold := message.TextOf(s).Fold
	return func(a *message.Address) bool { return strings.Contains(a.Name.Fold, fold) }, nil
}

func someText(t message.Text) []message.Text {
	if t.Plain == "" {
		return nil
	}
	return []message.Text{t}
}

func addressTexts(a *message.Address) []message.Text {
	spec, _ := a.Unicode()
	return forms(a.Spec, spec)
}

func domainTexts(a *message.Address) []message.Text {
	if a.Domain == "" {
		return nil
	}
	_, domain := a.Unicode()
	return forms(message.TextOf(a.Domain), message.TextOf(domain))
}

// wholeTexts are the forms of `Name <address>`.
func wholeTexts(a *message.Address) []message.Text {
	spec, _ := a.Unicode()
	return forms(message.TextOf(a.Name.Plain+" <"+a.Spec.Plain+">"), message.TextOf(a.Name.Plain+" <"+spec.Plain+">"))
}

func forms(ascii, unicode message.Text) []message.Text {
	switch {
	case ascii.Plain == "":
		return nil
	case ascii == unicode:
		return []message.Text{ascii}
	}
	return []message.Text{ascii, unicode}
}
