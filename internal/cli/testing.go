package cli

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/rehearse"
	"github.com/imapform/imapform/internal/render"
)

// testedFirst runs the tests of a configuration before it is applied; the error says
// why it must not be.
func (inv *invocation) testedFirst(ctx context.Context, sources []config.VarSource) error {
	const nothing = "Nothing was done. To look into it, run: imapform test"
	tests, files, diags := inv.loadTests(sources)
	inv.diagnose(diags, files)
	switch {
	case tests == nil:
		return &problem{"The tests cannot be run", "Nothing was done."}
	case len(tests.All) == 0:
		return &problem{"There are no tests", "The flag -test asks for tests before anything is done, and there is none in any file whose name ends in .imaptest.hcl. Nothing was done."}
	}
	report := &testPage{inv: inv, w: inv.Stderr, o: inv.stderr, files: files}
	ran, err := inv.runTests(ctx, tests.Config.Policy, tests.All, report)
	if err != nil {
		return err
	}
	counts := countTests(ran)
	if err := report.end(counts); err != nil {
		return err
	}
	if counts.Failed > 0 {
		return &problem{"The tests fail", nothing}
	}
	return nil
}

// loadTests loads the configuration with its tests. What cannot be tested for want
// of a value is an error.
func (inv *invocation) loadTests(sources []config.VarSource) (*config.Tests, config.Files, hcl.Diagnostics) {
	tests, files, diags := config.LoadTests(inv.source(sources, true))
	if tests != nil && len(tests.Unknown) > 0 {
		diags = append(diags, tests.Unknown...)
		tests = nil
	}
	return tests, files, diags
}

// runTests runs tests, which are in the order of their files, and reports each file
// once it is done. The error is one of reporting.
func (inv *invocation) runTests(ctx context.Context, policy config.Policy, tests []*config.Test, report testReport) ([]render.TestFile, error) {
	if err := report.begin(tests); err != nil {
		return nil, err
	}
	var files []render.TestFile
	for len(tests) > 0 {
		name := tests[0].Declared.Filename
		n := slices.IndexFunc(tests, func(t *config.Test) bool { return t.Declared.Filename != name })
		if n < 0 {
			n = len(tests)
		}
		f := inv.runFile(ctx, policy, tests[:n])
		if err := report.file(f); err != nil {
			return nil, err
		}
		files, tests = append(files, f), tests[n:]
	}
	return files, nil
}

// runFile runs the tests of a file, as many at a time as there are processors. A bug
// in one is an error of that test.
func (inv *invocation) runFile(ctx context.Context, policy config.Policy, tests []*config.Test) render.TestFile {
	f := render.TestFile{Name: tests[0].Declared.Filename, Results: make([]rehearse.Result, len(tests)), Took: make([]time.Duration, len(tests))}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(tests), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(tests); i = next.Add(1) - 1 {
				begun := inv.Now()
				found := guarded(func() { f.Results[i] = rehearse.Run(ctx, policy, tests[i]) })
				if found != nil {
					f.Results[i] = rehearse.Result{Test: tests[i], Status: rehearse.Error, Problems: hcl.Diagnostics{{
						Severity: hcl.DiagError, Summary: found.summary, Detail: found.detail, Subject: tests[i].Declared.Ptr(),
					}}}
				}
				f.Took[i] = inv.Now().Sub(begun)
			}
		})
	}
	wg.Wait()
	return f
}

func countTests(files []render.TestFile) render.TestCounts {
	var counts render.TestCounts
	for _, f := range files {
		counts.Add(f)
	}
	return counts
}
