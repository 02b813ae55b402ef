package config

import "github.com/zclconf/go-cty/cty/function/stdlib"

func numberFunctions() []builtin {
	return []builtin{
		{"abs", "the number without its sign", stdlib.AbsoluteFunc},
		{"ceil", "the nearest whole number that is not less", stdlib.CeilFunc},
		{"floor", "the nearest whole number that is not greater", stdlib.FloorFunc},
		{"log", "the logarithm of the number to the base", stdlib.LogFunc},
		{"max", "the greatest of the numbers", stdlib.MaxFunc},
		{"min", "the least of the numbers", stdlib.MinFunc},
		{"parseint", "the whole number that the string writes in the base, from 2 to 62", stdlib.ParseIntFunc},
		{"pow", "the number to the power", stdlib.PowFunc},
		{"signum", "-1 for a number below 0, 0 for 0 and 1 for a number above", stdlib.SignumFunc},
	}
}
