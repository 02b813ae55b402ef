package rules

import (
	"math"
	"strconv"
	"strings"
)

// A unit is what may follow a number, and what it is a multiple of.
type unit struct {
	name string
	size int64
}

// quantity reads a whole number, or one with a fraction, and a unit after it.
// False: it is no such thing, or so much that it could overflow.
func quantity(s string, units []unit) (int64, bool) {
	name := strings.TrimLeft(s, "0123456789.")
	digits := strings.TrimSuffix(s, name)
	count, err := strconv.ParseFloat(digits, 64)
	if err != nil || strings.HasPrefix(digits, ".") || strings.HasSuffix(digits, ".") {
		return 0, false
	}
	for _, u := range units {
		if u.name != name {
			continue
		}
		const most = 1 << 53 // up to here a float is exact
		if total := count * float64(u.size); total <= most {
			return int64(math.Round(total)), true
		}
	}
	return 0, false
}
