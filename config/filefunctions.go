package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// maxFile is how large a file may be that an expression reads.
const maxFile = 16 << 20

// fileFunctions read files of the configuration's directory. Nothing outside of it
// can be reached, not by symbolic links either.
func fileFunctions(dir string) map[string]function.Function {
	path := []function.Parameter{{Name: "path", Type: cty.String}}
	return map[string]function.Function{
		"file": function.New(&function.Spec{
			Params: path,
			Type:   function.StaticReturnType(cty.String),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				content, err := readBelow(dir, args[0].AsString())
				return cty.StringVal(content), err
			},
		}),
		"fileexists": function.New(&function.Spec{
			Params: path,
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				exists, err := existsBelow(dir, args[0].AsString())
				return cty.BoolVal(exists), err
			},
		}),
	}
}

func readBelow(dir, path string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("read a file of the configuration's directory: %w", err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file", path)
	}
	f, err := root.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maxFile:
		return "", fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	case !utf8.Valid(content):
		return "", fmt.Errorf("%s is not UTF-8 text", path)
	}
	return string(content), nil
}

func existsBelow(dir, path string) (bool, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer root.Close()
	info, err := root.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for a file of the configuration's directory: %w", err)
	}
	return info.Mode().IsRegular(), nil
}
