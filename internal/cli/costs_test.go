package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/journal"
)

// masks take from what a run has cost the numbers, which are others each time.
var masks = []struct {
	numbers *regexp.Regexp
	masked  string
}{
	{regexp.MustCompile(`("(?:commands|round_trips|octets_sent|octets_received|seconds|connecting_seconds|waiting_seconds)":)[-+.e0-9]+`), "${1}7"},
	{regexp.MustCompile(` *[0-9]+ (command|round trip)s?\b`), " N ${1}s"},
	{regexp.MustCompile(` *[.0-9]+ [KM]?i?B (sent|received)`), " N ${1}"},
	{regexp.MustCompile(`\b[.0-9]+ s\b`), "N s"},
}

// masked is a command of transcripts: "masked FROM INTO" writes the lines of a file
// without the numbers of what a run has cost.
func masked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: masked FROM INTO")
	}
	var into strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if strings.Contains(line, `"type":"protocol_cost"`) || strings.Contains(line, " round trip") {
			for _, m := range masks {
				line = m.numbers.ReplaceAllString(line, m.masked)
			}
		}
		into.WriteString(line)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(into.String()), 0o600))
}

// costsOf are what a stream says that the run has cost.
func costsOf(t *testing.T, stream string, status Status) []document.ProtocolCost {
	t.Helper()
	var costs []document.ProtocolCost
	for _, line := range linesOf(t, stream, status) {
		if line.Type == document.LineProtocolCost {
			costs = append(costs, *line.Cost)
		}
	}
	return costs
}

// What a run says that it has cost is what has passed between it and the server, phase by
// phase, also where the connection was lost on the way.
func TestCostsAreTheProtocols(t *testing.T) {
	lost := imaptest.Fault{At: imaptest.BeforeAnswer, Match: imaptest.Named("CREATE")}
	for _, c := range []struct {
		name        string
		args        string
		faults      []imaptest.Fault
		phases      []document.Phase
		connections int64
	}{
		{"plan", "plan -json", nil, []document.Phase{document.PhasePlan}, 1},
		{"apply", "apply -json -auto-approve", nil, []document.Phase{document.PhasePlan, document.PhaseApply}, 1},
		{"reconnect", "apply -json -auto-approve", []imaptest.Fault{lost}, []document.Phase{document.PhasePlan, document.PhaseApply}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := imaptest.Start(t, imaptest.Dovecot).Account(t)
			r := imaptest.Proxy(t, a.Dial, imaptest.Script{Faults: c.faults})
			dir := t.TempDir()
			writeAccount(t, dir, r.Addr(), a)
			folder := "folder \"lists\" {\n  name = \"Lists\"\n}\n"
			if err := os.WriteFile(filepath.Join(dir, "folders.imap.hcl"), []byte(folder), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, problems transcript
			status := Status(Run(t.Context(), strings.Fields(c.args), Env{
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")},
				Dir: dir, Now: time.Now, Version: "0.1.0",
			}))
			if status != StatusOK || problems.String() != "" {
				t.Fatalf("status %d\n%s%s", status, out.String(), problems.String())
			}
			var sum document.ProtocolCost
			var phases []document.Phase
			for _, cost := range costsOf(t, out.String(), status) {
				phases = append(phases, cost.Phase)
				const rounded = 0.0011
				if cost.Account != "account.work" || cost.Commands == 0 || cost.RoundTrips == 0 || cost.OctetsSent == 0 || cost.OctetsReceived == 0 ||
					cost.WaitingSeconds > cost.Seconds+rounded || cost.ConnectingSeconds > cost.Seconds+rounded {
					t.Errorf("one phase: %+v", cost)
				}
				sum.Connections += cost.Connections
				sum.Commands += cost.Commands
				sum.RoundTrips += cost.RoundTrips
				sum.OctetsSent += cost.OctetsSent
				sum.OctetsReceived += cost.OctetsReceived
			}
			if len(phases) != len(c.phases) || phases[0] != c.phases[0] || phases[len(phases)-1] != c.phases[len(c.phases)-1] {
				t.Errorf("phases %q", phases)
			}
			saw := r.Cost()
			want := document.ProtocolCost{
				Connections: int64(saw.Connections), Commands: int64(saw.Commands), RoundTrips: int64(saw.RoundTrips),
				OctetsSent: saw.Sent, OctetsReceived: saw.Received,
			}
			if sum.RoundTrips <= want.RoundTrips { // commands that are sent one by one, and not awaited, can come to the proxy as several
				want.RoundTrips = sum.RoundTrips
			}
			if len(c.faults) > 0 { // on the way to the proxy, and from it, something was lost
				want.OctetsReceived = sum.OctetsReceived
				want.Commands, want.OctetsSent = max(want.Commands, sum.Commands), max(want.OctetsSent, sum.OctetsSent)
			}
			if sum != want || sum.Connections != c.connections {
				t.Errorf("told: %+v\npassed: %+v\n%s", sum, want, r.Transcript())
			}
		})
	}
}

// What an earlier run left half done costs something before anything is planned.
func TestCostsOfResuming(t *testing.T) {
	u := newUndoing(t, "home", "other")
	u.journal("home", journal.Run{ID: "one"}, nil, created)
	status, said := u.apply("-auto-approve", "-v")
	phases := regexp.MustCompile(`(?m)^(.*): +[1-9][0-9]* commands, `).FindAllStringSubmatch(said, -1)
	var told []string
	for _, phase := range phases {
		told = append(told, phase[1])
	}
	if want := []string{"account.home (resume)", "account.home (plan)", "account.other (plan)", "Total"}; status != StatusOK || !slices.Equal(told, want) {
		t.Errorf("status %d, told of %q:\n%s", status, told, said)
	}
}
