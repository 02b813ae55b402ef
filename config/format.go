package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the native-syntax source in canonical style, with its comments.
// A source that does not parse is not touched: the diagnostics say why, with
// ranges that name the file so, which must not end in .json.
func Format(src []byte, filename string) ([]byte, hcl.Diagnostics) {
	if file, diags := parse(src, filename); diags.HasErrors() {
		if strings.HasSuffix(filename, ".imapvars.hcl") {
			diags = withoutQuotes(file, diags)
		}
		return nil, sorted(diags)
	}
	return hclwrite.Format(src), nil
}
