package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A sight is what there is in a message of what a criterion with that value asks for,
// as far as it is known.
type sight func(m *message.Message, now time.Time, v cty.Value) []string

// sawFields sees fields by what is tested of them, or as on the wire where the value
// asks for that.
func sawFields(text func(*message.Field) message.Text, names ...string) sight {
	return func(m *message.Message, _ time.Time, v cty.Value) []string {
		raw := asksRaw(v)
		var all []string
		for _, name := range names {
			for f := range m.Header.Fields(name) {
				if raw {
					all = append(all, f.Raw())
				} else {
					all = append(all, text(f).Plain)
				}
			}
		}
		return all
	}
}

// asksRaw says whether some test of the value is of fields as on the wire.
func asksRaw(v cty.Value) bool {
	elements, err := node{value: v}.elements()
	if err != nil {
		return false
	}
	for _, e := range elements {
		if e.isObject() && e.value.Type().IsObjectType() && e.value.Type().HasAttribute("raw") {
			if raw := (node{value: e.value.GetAttr("raw")}); raw.isBool() && raw.value.True() {
				return true
			}
		}
	}
	return false
}

// sawAddresses sees the addresses of fields, and a field without any as it is.
func sawAddresses(names ...string) sight {
	return func(m *message.Message, _ time.Time, _ cty.Value) []string {
		var all []string
		for _, name := range names {
			for f := range m.Header.Fields(name) {
				addresses, _ := f.Addresses() // too many to be told: those that could be
				for i := range addresses {
					all = append(all, addressWords(&addresses[i]))
				}
				if len(addresses) == 0 {
					all = append(all, f.Text().Plain)
				}
			}
		}
		return all
	}
}

func addressWords(a *message.Address) string {
	spec, _ := a.Unicode()
	switch {
	case a.Name.Plain == "":
		return spec.Plain
	case spec.Plain == "":
		return a.Name.Plain
	default:
		return a.Name.Plain + " <" + spec.Plain + ">"
	}
}

func sawFlags(m *message.Message, _ time.Time, _ cty.Value) []string {
	var words []string
	for _, f := range m.Flags {
		words = append(words, mailbox.FlagWord(f))
	}
	if len(words) == 0 && m.Known.Flags {
		return []string{"no flags"}
	}
	return words
}

func sawSize(m *message.Message, _ time.Time, _ cty.Value) []string {
	if !m.Known.Size {
		return nil
	}
	return []string{octets(m.Size)}
}

func octets(n int64) string {
	if n == 1 {
		return "1 octet"
	}
	return strconv.FormatInt(n, 10) + " octets"
}

// sawAge sees when something happened to the message, and how long ago that is.
func sawAge(since func(*message.Message) (time.Time, bool)) sight {
	return func(m *message.Message, now time.Time, _ cty.Value) []string {
		at, ok := since(m)
		if !ok {
			return nil
		}
		return []string{fmt.Sprintf("%s, %s ago", at.UTC().Format(time.RFC3339), ageWords(now.Unix()-at.Unix()))}
	}
}

// ageWords is a number of seconds in the two largest units that it has.
func ageWords(seconds int64) string {
	if seconds < 0 {
		return "-" + ageWords(-seconds)
	}
	days, hours, minutes := seconds/86400, seconds/3600%24, seconds/60%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	default:
		return fmt.Sprintf("%dm %ds", minutes, seconds%60)
	}
}

func sawReceived(m *message.Message, _ time.Time, _ cty.Value) []string {
	if m.Received.IsZero() {
		return nil
	}
	return []string{m.Received.UTC().Format(time.RFC3339)}
}

// sawSent sees the Date field: as the moment that is read in it, or as it is.
func sawSent(m *message.Message, now time.Time, v cty.Value) []string {
	if sent, ok := m.Header.Date(); ok {
		return []string{sent.Format(time.RFC3339)}
	}
	return sawFields((*message.Field).Text, "date")(m, now, v)
}

// sawParts sees the leaves of the structure that are of a kind.
func sawParts(which func(*message.Part) bool) sight {
	return func(m *message.Message, _ time.Time, _ cty.Value) []string {
		if m.Structure == nil {
			return nil
		}
		var all []string
		for p := range m.Structure.Leaves() {
			if which(p) {
				all = append(all, partWords(p))
			}
		}
		return all
	}
}

func partWords(p *message.Part) string {
	words := mediaType(p)
	if p.Name != "" {
		words += " " + strconv.Quote(p.Name)
	}
	if p.Charset != "" {
		words += ", charset " + p.Charset
	}
	return words + ", " + octets(p.Size)
}

func sawNothing(*message.Message, time.Time, cty.Value) []string { return nil }

// What an Explanation tells of a message at most: a header can be a megabyte.
const (
	maxSaw      = 20  // values
	maxSawRunes = 300 // of each
)

// few cuts what a message holds to what people read.
func few(all []string) []string {
	more := len(all) - maxSaw
	if more > 0 {
		all = all[:maxSaw]
	}
	short := make([]string, len(all), len(all)+1)
	for i, s := range all {
		short[i] = shortened(s)
	}
	if more > 0 {
		short = append(short, fmt.Sprintf("… %d more", more))
	}
	return short
}

func shortened(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxSawRunes {
			return strings.TrimSpace(s[:i]) + "…"
		}
	}
	return s
}
