package cli

import (
	"os"
	"strings"
	"testing"
)

// What docs/show.md shows is what is seen.
func TestShowPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/show.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/script/show.txtar")
	if err != nil {
		t.Fatal(err)
	}
	samples := strings.Split(string(page), "```text\n")[1:]
	if len(samples) != 2 {
		t.Errorf("there are %d samples", len(samples))
	}
	for _, sample := range samples {
		sample, _, _ = strings.Cut(sample, "```")
		if !strings.Contains(string(script), sample) {
			t.Errorf("this is not what is seen:\n%s", sample)
		}
	}
}
