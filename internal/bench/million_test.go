package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// measureMillion has the program plan for a folder that holds more than fits into
// memory, with nothing remembered and then with what the first plan did, and apply.
func measureMillion(t *testing.T, program string, messages int) {
	j := job{Messages: messages, Folders: 200, Rules: 40, Short: true}
	began := time.Now()
	b := newBed(t, j, began)
	t.Logf("filled in %.0f s", time.Since(began).Seconds())
	runs := []phase{
		{name: "plan", status: 2, memory: "kept", arguments: planning},
		{name: "plan, known", status: 2, memory: "kept", arguments: planning},
		{name: "apply, known", memory: "kept", arguments: applying},
		{name: "nothing, known", memory: "kept", arguments: planning},
	}
	var rows strings.Builder
	fmt.Fprintf(&rows, "%s %s.\n\n| phase | wall s | client CPU s | client MB | server CPU s |\n|---|---|---|---|---|\n", machine(), j)
	b.near(t, newProgram(t, program), runs, func(p phase, used use, server time.Duration) {
		row := fmt.Sprintf("| %s | %s | %s | %d | %s |\n", p.name, seconds(used.Wall), seconds(used.CPU), used.Memory>>20, seconds(server))
		t.Log(row)
		rows.WriteString(row)
	})
	if err := writeSection("million", rows.String()); err != nil {
		t.Fatal(err)
	}
}
