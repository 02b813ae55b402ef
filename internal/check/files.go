package check

import (
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// checkFiles finds rules that end a pass in several files of one directory, of which
// only the names decide which comes first.
func checkFiles(v *view, r *report) {
	first := map[string]*rule{}
	files := map[string][]string{} // by directory, in the order in which they run
	var dirs []string
	for _, x := range v.rules {
		file := x.Declared.Filename
		name := path.Base(file)
		if !x.Ends() || '0' <= name[0] && name[0] <= '9' || first[file] != nil {
			continue
		}
		first[file] = x
		dir := path.Dir(file)
		if files[dir] == nil {
			dirs = append(dirs, dir)
		}
		files[dir] = append(files[dir], file)
	}
	for _, dir := range dirs {
		if len(files[dir]) < 2 {
			continue
		}
		slices.Sort(files[dir])
		list := strings.Join(files[dir], ", ")
		second := first[files[dir][1]]
		r.judge(key{kind: severalFiles, about: list}, true, func() *hcl.Diagnostic {
			return warning(second.Declared, "Order of rules hangs on file names",
				"Rules that end a pass stand in several files, and come in the order of their names: %s. The first of them to take a message decides. If that order is meant, let the names begin with digits, such as %s.",
				list, path.Join(dir, "10-"+path.Base(files[dir][0])))
		})
	}
}
