package render

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/plan"
)

// number is an integer in digits.
func number[T ~int | ~int64 | ~uint32](n T) safe { return safe(strconv.FormatInt(int64(n), 10)) }

// count is a number with what it counts: "1 message", "41 messages".
func count[T ~int | ~int64 | ~uint32](n T, noun safe) safe {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

var units = []safe{"KiB", "MiB", "GiB", "TiB"}

// size is a number of octets for people: "812 B", "3.2 MiB".
func size(octets int64) safe {
	if octets < 1024 {
		return number(octets) + " B"
	}
	value, unit := float64(octets)/1024, 0
	for value >= 1023.95 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	return safe(strconv.FormatFloat(value, 'f', 1, 64)) + " " + units[unit]
}

// place is where in the configuration something stands: "main.imap.hcl:41".
func place(r hcl.Range) safe { return clean(r.Filename) + ":" + number(r.Start.Line) }

// someOf lists up to three things and counts the rest.
func someOf(all []safe) safe {
	const most = 3
	switch {
	case len(all) > most:
		return join(all[:most], ", ") + " and " + number(len(all)-most) + " more"
	case len(all) > 1:
		return join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
	default:
		return join(all, "")
	}
}

// causeName is a cause as people name it: its address, or the block where it
// stands.
func causeName(c plan.Cause) safe {
	switch {
	case c.Address != "":
		return clean(c.Address)
	case c.Block == undoBlock: // a command
		return "the undo"
	case c.Block == "exclusive": // an argument
		return "exclusive at " + place(c.Declared)
	case c.Declared.Filename == "":
		return "a " + clean(c.Block) + " block"
	default:
		return "the " + clean(c.Block) + " block at " + place(c.Declared)
	}
}

func pick(first bool, a, b safe) safe {
	if first {
		return a
	}
	return b
}
