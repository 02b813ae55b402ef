package rules

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

var attachment = Criterion{
	Name: "attachment", Value: "true, false or a part test",
	Doc:     "The message has an attachment (true), it has none (false), or one of its attachments passes. An attachment is a part whose disposition is attachment, or that has a file name and is not inline.",
	saw:     sawParts((*message.Part).Attachment),
	Compile: compile(compileAttachment),
}

// attached holds if there is an attachment.
var attached = &partTest{criterion: "attachment", passes: (*message.Part).Attachment}

func compileAttachment(n node) (Test, error) {
	if n.isBool() {
		if n.value.True() {
			return attached, nil
		}
		return Not(attached), nil
	}
	shape := `an object such as { name = { suffix = ".pdf" } }`
	if !n.isList() {
		shape = "true, false or " + shape
	}
	passes, err := compileParts(n, shape, "name", "type")
	if err != nil {
		return nil, err
	}
	return &partTest{criterion: "attachment", passes: func(p *message.Part) bool { return p.Attachment() && passes(p) }}, nil
}

// attachmentType is an attachment in expressions.
var attachmentType = cty.Object(map[string]cty.Type{"name": cty.String, "size": cty.Number, "type": cty.String})

var attachments = Attribute{
	Name: "attachments", Type: cty.List(attachmentType),
	Doc:   "its attachments: name (null without one), type, as in image/png, and size in octets, as encoded",
	Needs: message.Parts{Structure: true},
	Value: func(m *message.Message, _ []string) cty.Value {
		if m.Structure == nil {
			return cty.UnknownVal(cty.List(attachmentType))
		}
		var all []cty.Value
		for p := range m.Structure.Leaves() {
			if p.Attachment() {
				all = append(all, cty.ObjectVal(map[string]cty.Value{
					"name": textOrNull(p.Name), "size": cty.NumberIntVal(p.Size), "type": cty.StringVal(mediaType(p)),
				}))
			}
		}
		if len(all) == 0 {
			return cty.ListValEmpty(attachmentType)
		}
		return cty.ListVal(all)
	},
}
