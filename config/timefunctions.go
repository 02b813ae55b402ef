package config

import (
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func timeFunctions(o outside) []builtin {
	return []builtin{
		{"formatdate", "the time, as the format writes it: with YYYY, MMM, DD, hh, mm and the like", stdlib.FormatDateFunc},
		{"plantimestamp", "the time of the plan, in UTC", planTimestamp(o)},
		{"timeadd", "the time after the duration, such as 24h or -30m", stdlib.TimeAddFunc},
		{"timecmp", "-1 if the first time is before the second, 0 if they are the same and 1 if it is after", timeCmp},
	}
}

// planTimestamp gives the same time wherever it is called in a plan. It is unknown
// where there is no plan.
func planTimestamp(o outside) function.Function {
	return function.New(&function.Spec{
		Type:         function.StaticReturnType(cty.String),
		RefineResult: notNull,
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			now := o.time()
			if now.IsZero() {
				return cty.UnknownVal(cty.String), nil
			}
			return cty.StringVal(now.UTC().Format(time.RFC3339)), nil
		},
	})
}

var timeCmp = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "first", Type: cty.String}, {Name: "second", Type: cty.String}},
	Type:         function.StaticReturnType(cty.Number),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		var times [2]time.Time
		for i, arg := range args {
			t, err := time.Parse(time.RFC3339, arg.AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(i, "%q is no time; write it as in %q", arg.AsString(), "2026-01-31T08:00:00Z")
			}
			times[i] = t
		}
		return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
	},
})
