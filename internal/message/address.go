package message

import (
	"strings"

	"golang.org/x/net/idna"
)

// An Address is one mailbox of an address field (RFC 5322 section 3.4). A broken
// one may lack any part.
type Address struct {
	Name   Text   // the display name, or a comment in its place; may be empty
	Local  Text   // before the "@", without quotes
	Domain string // in lower case, as A-labels (RFC 5890); empty: none
	Spec   Text   // Local@Domain, the domain as A-labels; without a domain Local
}

// Unicode returns Spec and Domain as people read them, with U-labels. They are
// the same for most.
func (a *Address) Unicode() (spec Text, domain string) {
	if !strings.Contains(a.Domain, "xn--") {
		return a.Spec, a.Domain
	}
	domain, err := labels.ToUnicode(a.Domain)
	if err != nil || domain == a.Domain {
		return a.Spec, a.Domain
	}
	return TextOf(a.Local.Plain + "@" + domain), domain
}

// labels maps letter case and width (UTS 46) and forbids little: what stands in
// messages need not be registered anywhere.
var labels = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.ValidateLabels(false), idna.Transitional(false))

// maxDomain is the longest domain (RFC 1035 section 2.3.4). What is longer is none, and is not
// converted: the conversion takes quadratic time.
const maxDomain = 255

// Domain returns a domain as two of them are compared: in lower case, as A-labels,
// without a dot at its end. What cannot be converted is only put in lower case.
func Domain(s string) string {
	s = strings.TrimSuffix(s, ".")
	if isASCII(s) || len(s) > maxDomain {
		return strings.ToLower(s)
	}
	ascii, err := labels.ToASCII(s)
	if err != nil {
		return strings.ToLower(s)
	}
	return ascii
}

func newAddress(name string, spec addrSpec) Address {
	a := Address{Name: TextOf(decodeWords(name)), Local: TextOf(spec.local), Domain: Domain(spec.domain)}
	switch {
	case a.Domain == "":
		a.Spec = a.Local
	default:
		a.Spec = TextOf(a.Local.Plain + "@" + a.Domain)
	}
	return a
}
