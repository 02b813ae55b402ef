package cli

import (
	"flag"
	"fmt"
	"time"
)

// durationFlag is a flag for a span of time, which is not shorter than the least.
func durationFlag(fs *flag.FlagSet, to *time.Duration, name string, least time.Duration, usage string) {
	fs.Func(name, usage, func(s string) error {
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			return fmt.Errorf("%q is no duration: write it in hours, minutes or seconds, as in 72h, 5m or 90s", s)
		case d < least:
			return fmt.Errorf("%s is too short", s)
		}
		*to = d
		return nil
	})
}
