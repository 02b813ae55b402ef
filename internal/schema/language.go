package schema

import (
	"github.com/hashicorp/hcl/v2/ext/typeexpr"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
)

// formatVersion goes up by one before the dot if what is there changes or goes, by
// one behind it if something comes.
const formatVersion = "1.0"

// The JSON of the language has the shape and the words of `terraform providers
// schema -json` and `terraform metadata functions -json`, where there is such a
// thing in Terraform.
type (
	language struct {
		FormatVersion string               `json:"format_version"`
		BlockTypes    map[string]blockType `json:"block_types"`
		TestBlocks    map[string]blockType `json:"test_block_types"`
		Message       map[string]attribute `json:"message_attributes"`
		Functions     map[string]function  `json:"function_signatures"`
	}
	blockType struct {
		Label string `json:"label,omitempty"` // what it is; without it, the block has none
		Block block  `json:"block"`
	}
	block struct {
		Description string               `json:"description"`
		Attributes  map[string]attribute `json:"attributes,omitempty"`
		Arbitrary   bool                 `json:"arbitrary_attributes,omitempty"` // others are allowed, too
		BlockTypes  map[string]blockType `json:"block_types,omitempty"`
		Recursive   bool                 `json:"recursive,omitempty"` // has the block types of the match around it
	}
	attribute struct {
		Type        string `json:"type"` // in words
		Description string `json:"description"`
		Required    bool   `json:"required,omitempty"`
		Optional    bool   `json:"optional,omitempty"`
		Default     string `json:"default,omitempty"` // as people write it, or in words
	}
	function struct {
		Description string      `json:"description"`
		Group       string      `json:"group"`
		ReturnType  string      `json:"return_type"`
		Parameters  []parameter `json:"parameters,omitempty"`
		Variadic    *parameter  `json:"variadic_parameter,omitempty"`
	}
	parameter struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
)

func describe(blocks []config.Block, groups []config.FunctionGroup) language {
	return language{
		FormatVersion: formatVersion,
		BlockTypes:    describeBlocks(level{blocks: blocks}),
		TestBlocks:    describeBlocks(level{blocks: config.TestBlocks()}),
		Message:       describeMessage(),
		Functions:     describeFunctions(groups),
	}
}

// describeMessage are the attributes of message.
func describeMessage() map[string]attribute {
	all := map[string]attribute{}
	for _, a := range rules.Attributes() {
		all[a.Name] = attribute{Type: typeexpr.TypeString(a.Type), Description: sentence(a.Doc)}
	}
	return all
}

func describeBlocks(l level) map[string]blockType {
	types := map[string]blockType{}
	for _, b := range l.blocks {
		described := block{
			Description: sentence(b.Doc),
			Attributes:  describeArguments(b.Arguments),
			Arbitrary:   b.Free,
		}
		if within := l.within(b); within.recursive {
			described.Recursive = true
		} else {
			described.BlockTypes = describeBlocks(within)
		}
		types[b.Name] = blockType{Label: b.Label, Block: described}
	}
	return types
}

func describeArguments(args []config.Argument) map[string]attribute {
	attributes := map[string]attribute{}
	for _, arg := range args {
		attributes[arg.Name] = attribute{
			Type:        arg.Value,
			Description: sentence(arg.Doc),
			Required:    arg.Required,
			Optional:    !arg.Required,
			Default:     arg.Default,
		}
	}
	return attributes
}

func describeFunctions(groups []config.FunctionGroup) map[string]function {
	functions := map[string]function{}
	for _, group := range groups {
		for _, f := range group.Functions {
			described := function{Description: sentence(f.Doc), Group: group.Name, ReturnType: f.Returns}
			for _, p := range f.Params {
				described.Parameters = append(described.Parameters, parameter(p))
			}
			if f.Variadic != nil {
				rest := parameter(*f.Variadic)
				described.Variadic = &rest
			}
			functions[f.Name] = described
		}
	}
	return functions
}
