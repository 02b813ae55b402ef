package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

func fmtEntry() entry {
	return entry{
		name:    "fmt",
		summary: "Write configuration files in the usual style",
		args:    "[path | -]...",
		text: "Writes configuration files in the usual style and lists those that it changed. " +
			"A path is a file or a directory; without one, the files of the current directory are meant. " +
			"With -, standard input is formatted to standard output.",
		make:    func(*invocation) command { return &fmtCommand{} },
		failure: StatusFormatError,
	}
}

// fmtCommand is the fmt command.
type fmtCommand struct {
	check, diff, recursive, list, write bool

	inv     *invocation
	changed bool // some file is not in the usual style
	failed  bool
}

func (c *fmtCommand) flags(fs *flag.FlagSet) {
	fs.BoolVar(&c.check, "check", false, "Change nothing; exit with status 3 if a file would change.")
	fs.BoolVar(&c.diff, "diff", false, "Show what changes.")
	fs.BoolVar(&c.recursive, "recursive", false, "Format the files of subdirectories, too.")
	fs.BoolVar(&c.list, "list", true, "Do not list the files that change.")
	fs.BoolVar(&c.write, "write", true, "Do not write the files.")
}

func (c *fmtCommand) run(_ context.Context, inv *invocation, args []string) Status {
	c.inv = inv
	c.write = c.write && !c.check
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, arg := range args {
		if arg == "-" {
			c.standardInput()
			continue
		}
		if err := c.path(arg); err != nil {
			c.fail(&problem{"Cannot format " + arg, err.Error()})
		}
	}
	switch {
	case c.failed:
		return StatusFormatError
	case c.check && c.changed:
		return StatusFormat
	default:
		return StatusOK
	}
}

func (c *fmtCommand) fail(err error) {
	c.inv.fail(err)
	c.failed = true
}

// formatted are the ends of the names of files that fmt is for.
var formatted = []string{".imap.hcl", ".imapvars.hcl", ".imaptest.hcl"}

func isFormatted(name string) bool {
	for _, end := range formatted {
		if strings.HasSuffix(name, end) && !strings.HasPrefix(name, ".") {
			return true
		}
	}
	return false
}

// path formats a file, or the files of a directory.
func (c *fmtCommand) path(path string) error {
	info, err := os.Stat(c.inv.path(path))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if !isFormatted(info.Name()) {
			return errors.New("only files whose names end in .imap.hcl, .imapvars.hcl or .imaptest.hcl can be formatted")
		}
		c.file(path)
		return nil
	}
	entries, err := os.ReadDir(c.inv.path(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		below := filepath.Join(path, e.Name())
		switch {
		case e.IsDir() && c.recursive && !strings.HasPrefix(e.Name(), "."):
			if err := c.path(below); err != nil { // the others can be formatted all the same
				c.fail(&problem{"Cannot format " + below, err.Error()})
			}
		case !e.IsDir() && isFormatted(e.Name()):
			c.file(below)
		}
	}
	return nil
}

func (c *fmtCommand) file(name string) {
	source, err := os.ReadFile(c.inv.path(name))
	if err != nil {
		c.fail(&problem{"Cannot read " + name, err.Error()})
		return
	}
	result, ok := c.format(name, source)
	if !ok || bytes.Equal(source, result) {
		return
	}
	c.changed = true
	if c.list {
		c.written(render.Listed(c.inv.Stdout, name))
	}
	if c.diff {
		c.output(difference(name, source, result))
	}
	if c.write {
		if err := replace(c.inv.path(name), result); err != nil {
			c.fail(&problem{"Cannot write " + name, err.Error()})
		}
	}
}

// standardInput formats standard input to standard output.
func (c *fmtCommand) standardInput() {
	source, err := io.ReadAll(c.inv.Stdin)
	if err != nil {
		c.fail(&problem{"Cannot read standard input", err.Error()})
		return
	}
	result, ok := c.format("<stdin>", source)
	if !ok {
		return
	}
	c.changed = c.changed || !bytes.Equal(source, result)
	switch {
	case c.diff:
		c.output(difference("<stdin>", source, result))
	case !c.check:
		c.output(result)
	}
}

// format formats a file's text. What is no HCL is not touched: its tokens may not
// be what they seem.
func (c *fmtCommand) format(name string, source []byte) ([]byte, bool) {
	result, diags := config.Format(source, name)
	if diags.HasErrors() {
		files := config.Files{}
		if strings.HasSuffix(name, ".imap.hcl") || strings.HasSuffix(name, ".imaptest.hcl") { // values may be secrets, and standard input anything
			files[name] = &hcl.File{Bytes: source}
		}
		c.inv.diagnose(diags, files)
		c.failed = true
		return nil, false
	}
	return result, true
}

func difference(name string, source, result []byte) []byte {
	return diff.Diff("old/"+name, source, "new/"+name, result)
}

func (c *fmtCommand) output(text []byte) {
	_, err := c.inv.Stdout.Write(text)
	c.written(err)
}

func (c *fmtCommand) written(err error) {
	if err != nil {
		c.fail(&problem{"Cannot write to standard output", err.Error()})
	}
}

// replace gives a file new contents in one step, so that it is never half written.
// A symbolic link stays one.
func replace(name string, contents []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // it is not there any more if all went well
	_, err = temporary.Write(contents)
	err = errors.Join(err, temporary.Chmod(info.Mode()&fs.ModePerm), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
