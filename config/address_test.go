package config

import "testing"

func TestIndexEnd(t *testing.T) {
	for s, want := range map[string]int{
		"":                0,
		"[":               0,
		`["golang"`:       0,
		`["a]`:            0,
		`["a\"]`:          0, // the quotation mark is part of the text
		"[0]":             3,
		`["golang"].more`: 10,
		`["a]b"].c["d"]`:  7,
		`["a\"]b"]`:       9,
	} {
		if got := IndexEnd(s); got != want {
			t.Errorf("%s: %d, want %d", s, got, want)
		}
	}
}
