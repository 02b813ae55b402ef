package render

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestValue(t *testing.T) {
	var b strings.Builder
	if err := Value(&b, "{\n  a\u3164b = \"\x1b[31m\u202e\",\n}"); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  a\\u3164b = \"\\x1b[31m\\u202e\",\n}\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestValueJSON(t *testing.T) {
	const text = "a\u009b31m\u202e\u2028\U000e0100\u007fö"
	encoded, err := json.Marshal(map[string]string{text: text})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := ValueJSON(&b, encoded); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.TrimSuffix(b.String(), "\n"), hidden) {
		t.Errorf("something hidden is left: %q", b.String())
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got[text] != text {
		t.Errorf("got %q, %v", got, err)
	}
}
