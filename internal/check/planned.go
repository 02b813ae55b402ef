package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// planned are the summaries of what a plan finds as well, and knows better: it sees
// which folders there are.
var planned = []string{
	"Copies would be filed again", "Copies may be filed again", "Rules lead round in a circle",
	"Folder is renamed", "Exception leaves nothing out", "Folder name may be misspelt",
}

// Unplanned returns those of what Config found that a plan does not say.
func Unplanned(found hcl.Diagnostics) hcl.Diagnostics {
	return slices.DeleteFunc(slices.Clone(found), func(d *hcl.Diagnostic) bool { return slices.Contains(planned, d.Summary) })
}
