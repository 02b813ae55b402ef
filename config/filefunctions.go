package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxFile is how large a file may be that an expression reads.
const maxFile = 16 << 20

// fileFunctions read files of the configuration's directory. Nothing outside of it
// can be reached, not by symbolic links either.
func fileFunctions(o outside) []builtin {
	return []builtin{
		{"basename", "the last part of the path", textFunction("path", func(s string) (string, error) { return path.Base(s), nil })},
		{"dirname", "the path without its last part", textFunction("path", func(s string) (string, error) { return path.Dir(s), nil })},
		{"file", "the text of the file, whose path is relative to the configuration's directory", textFunction("path", o.text)},
		{"fileexists", "whether there is such a file below the configuration's directory", fileExists(o)},
		{"fileset", `the paths of the files below the directory that the pattern takes: with "*", "?", "[a-z]", "{a,b}" and, for directories however deep, "**"`, fileSet(o)},
		{"templatefile", "the text of the file with the variables' values in place of its templates", templateFile(o)},
	}
}

// readsFiles says whether what a function gives hangs on files.
func readsFiles(name string) bool {
	switch name {
	case "file", "fileexists", "fileset", "templatefile":
		return true
	}
	return false
}

func fileExists(o outside) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "path", Type: cty.String}},
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			exists, err := o.exists(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.BoolVal(exists), nil
		},
	})
}

// readBelow is the text of a file of the directory.
func readBelow(dir, name string) (string, error) {
	content, err := octetsBelow(dir, name)
	if err == nil && !utf8.Valid(content) {
		return "", fmt.Errorf("%q is not UTF-8 text; save it as such", name)
	}
	return string(content), err
}

// octetsBelow is what a file of the directory holds.
func octetsBelow(dir, name string) ([]byte, error) {
	root, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, pathError("read", name, err)
	}
	if err := checkRegular(name, info); err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, pathError("read", name, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, pathError("read", name, err)
	case len(content) > maxFile:
		return nil, fmt.Errorf("%q is larger than %d MiB", name, maxFile>>20)
	}
	return content, nil
}

// existsBelow is an error where something else than a file stands there, as it is
// of Terraform's function.
func existsBelow(dir, name string) (bool, error) {
	root, err := openDirectory(dir)
	if err != nil {
		return false, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, pathError("look for", name, err)
	}
	return true, checkRegular(name, info)
}

// openDirectory opens the configuration's directory. Where it lies on this machine
// no error says.
func openDirectory(dir string) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the configuration's directory: %w", cause(err))
	}
	return root, nil
}

// checkRegular refuses what is no file; reading a pipe may never end.
func checkRegular(name string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return fmt.Errorf("%q is a directory; name a file in it", name)
	default:
		return fmt.Errorf("%q is a pipe, a device or the like; only files can be read", name)
	}
}

// pathError says what could not be done with a path, as the user wrote it.
func pathError(do, name string, err error) error {
	_, system := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %q; paths are relative to the configuration's directory", name)
	case filepath.IsAbs(name):
		return fmt.Errorf("%q is an absolute path; only files below the configuration's directory can be reached: write the path relative to it", name)
	case !system: // os.Root's own refusal
		return fmt.Errorf("%q leads out of the configuration's directory; copy the file below it", name)
	}
	return fmt.Errorf("%s %q: %w", do, name, cause(err))
}

// cause is the error without the path that it happened at.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
