package cli

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the transcripts expect anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"imapform": imapform})
}

// imapform is the program as transcripts run it: TEST_TERMINAL=1 makes its streams
// terminals, TEST_NOW stops its clock.
func imapform() {
	env := Process()
	env.Version = "0.1.0"
	if os.Getenv("TEST_TERMINAL") == "1" {
		env.StdinTerminal, env.StdoutTerminal, env.StderrTerminal, env.Width = true, true, true, 100
	}
	if at := os.Getenv("TEST_NOW"); at != "" {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			panic(err)
		}
		env.Now = func() time.Time { return now }
	}
	os.Exit(Run(context.Background(), os.Args[1:], env))
}

// TestScripts runs the transcripts: configuration, mail, commands, what is printed.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("IMAPFORM_STATE_DIR", filepath.Join(env.WorkDir, ".state"))
			return nil
		},
		RequireUniqueNames: true,
		Cmds:               map[string]func(ts *testscript.TestScript, neg bool, args []string){"status": status, "refuser": refuser, "jsonschema": holdsSchema, "masked": masked},
	})
}
