package config

import (
	"maps"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are those that expressions can call, with Terraform's names and
// meanings. All are pure but for those that read files below the directory.
func functions(dir string) map[string]function.Function {
	all := map[string]function.Function{}
	for _, group := range functionGroups(dir) {
		maps.Copy(all, group.functions)
	}
	return all
}

// A functionGroup is functions of one kind, by name.
type functionGroup struct {
	name      string
	functions map[string]function.Function
}

func functionGroups(dir string) []functionGroup {
	return []functionGroup{
		{"strings", stringFunctions()},
		{"collections", collectionFunctions()},
		{"numbers", numberFunctions()},
		{"encoding and time", encodingFunctions()},
		{"types", typeFunctions()},
		{"files", fileFunctions(dir)},
	}
}

func stringFunctions() map[string]function.Function {
	return map[string]function.Function{
		"chomp":       stdlib.ChompFunc,
		"endswith":    endsWith,
		"format":      ofWritable(stdlib.FormatFunc),
		"formatlist":  ofWritable(stdlib.FormatListFunc),
		"indent":      stdlib.IndentFunc,
		"join":        stdlib.JoinFunc,
		"lower":       stdlib.LowerFunc,
		"regex":       stdlib.RegexFunc,
		"regexall":    stdlib.RegexAllFunc,
		"replace":     replace,
		"split":       stdlib.SplitFunc,
		"startswith":  startsWith,
		"strcontains": strContains,
		"strrev":      stdlib.ReverseFunc,
		"substr":      stdlib.SubstrFunc,
		"title":       stdlib.TitleFunc,
		"trim":        stdlib.TrimFunc,
		"trimprefix":  stdlib.TrimPrefixFunc,
		"trimspace":   stdlib.TrimSpaceFunc,
		"trimsuffix":  stdlib.TrimSuffixFunc,
		"upper":       stdlib.UpperFunc,
	}
}

func collectionFunctions() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":         allTrue,
		"anytrue":         anyTrue,
		"chunklist":       stdlib.ChunklistFunc,
		"coalesce":        coalesce,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        stdlib.ContainsFunc,
		"distinct":        stdlib.DistinctFunc,
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"keys":            stdlib.KeysFunc,
		"length":          length,
		"lookup":          stdlib.LookupFunc,
		"merge":           stdlib.MergeFunc,
		"one":             one,
		"range":           stdlib.RangeFunc,
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      stdlib.SetProductFunc,
		"setsubtract":     stdlib.SetSubtractFunc,
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}
}

func numberFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs":      stdlib.AbsoluteFunc,
		"ceil":     stdlib.CeilFunc,
		"floor":    stdlib.FloorFunc,
		"log":      stdlib.LogFunc,
		"max":      stdlib.MaxFunc,
		"min":      stdlib.MinFunc,
		"parseint": stdlib.ParseIntFunc,
		"pow":      stdlib.PowFunc,
		"signum":   stdlib.SignumFunc,
	}
}

func encodingFunctions() map[string]function.Function {
	return map[string]function.Function{
		"base64decode": base64Decode,
		"base64encode": base64Encode,
		"csvdecode":    stdlib.CSVDecodeFunc,
		"formatdate":   stdlib.FormatDateFunc,
		"jsondecode":   stdlib.JSONDecodeFunc,
		"jsonencode":   ofWritable(stdlib.JSONEncodeFunc),
		"timeadd":      stdlib.TimeAddFunc,
	}
}

func typeFunctions() map[string]function.Function {
	return map[string]function.Function{
		"can":       tryfunc.CanFunc,
		"sensitive": sensitive,
		"tobool":    stdlib.MakeToFunc(cty.Bool),
		"tolist":    stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":     stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber":  stdlib.MakeToFunc(cty.Number),
		"toset":     stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring":  stdlib.MakeToFunc(cty.String),
		"try":       tryfunc.TryFunc,
	}
}
