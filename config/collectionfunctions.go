package config

import (
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func collectionFunctions() []builtin {
	return []builtin{
		{"alltrue", "whether every element of the list is true; of an empty one it is", allTrue},
		{"anytrue", "whether an element of the list is true", anyTrue},
		{"chunklist", "the list as a list of lists of at most that size", stdlib.ChunklistFunc},
		{"coalesce", "the first of the values that is neither null nor an empty string", coalesce},
		{"coalescelist", "the first of the lists that is not empty", stdlib.CoalesceListFunc},
		{"compact", "the list of strings without those that are null or empty", stdlib.CompactFunc},
		{"concat", "one list of the elements of all lists", stdlib.ConcatFunc},
		{"contains", "whether the value is an element of the list or set", stdlib.ContainsFunc},
		{"distinct", "the list with the first only of equal elements", stdlib.DistinctFunc},
		{"element", "the element at the index, which begins again after the last one", stdlib.ElementFunc},
		{"flatten", "one list with the elements of the lists that stand in the list, however deep", flatten},
		{"index", "the first index at which the value stands in the list", index},
		{"keys", "a sorted list of the keys of the map", stdlib.KeysFunc},
		{"length", "how many elements a list, set or map has, or letters a string", length},
		{"lookup", "what the map has at the key, or else the default", lookup},
		{"matchkeys", "those of the values whose key, at the same index, is one of the searched", matchKeys},
		{"merge", "one map of the elements of all maps; of equal keys the last counts", stdlib.MergeFunc},
		{"one", "the only element of the list or set; of an empty one null", one},
		{"range", "a list of numbers from a start, or 0, up to a limit, which is none of them, in steps", stdlib.RangeFunc},
		{"reverse", "the list backwards", stdlib.ReverseListFunc},
		{"setintersection", "the elements that are in all of the sets", stdlib.SetIntersectionFunc},
		{"setproduct", "all ways to take one element of each of the sets", checked(stdlib.SetProductFunc, checkProduct)},
		{"setsubtract", "the elements of the first set that are not in the second", stdlib.SetSubtractFunc},
		{"setunion", "the elements that are in any of the sets", stdlib.SetUnionFunc},
		{"slice", "the elements of the list from the first index up to the second, which is none of them", stdlib.SliceFunc},
		{"sort", "the list of strings in the order of their Unicode code points", stdlib.SortFunc},
		{"sum", "the sum of the numbers of the list or set", sum},
		{"transpose", "a map of lists with keys and elements changed over: at each element the keys of the lists it stands in", transpose},
		{"values", "a list of the values of the map, in the order of its keys", stdlib.ValuesFunc},
		{"zipmap", "a map with a list of keys, and the values that stand at the same index", stdlib.ZipmapFunc},
	}
}
