package config

import (
	"errors"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// folderText is what a value says where a folder is wanted: a string, or a folder
// block, which stands for its name.
func folderText(v cty.Value) (string, error) {
	if v.IsNull() {
		return "", errors.New("this must name a folder, and is null")
	}
	if ty := v.Type(); ty.IsObjectType() && ty.HasAttribute("name") && len(ty.AttributeTypes()) == 1 {
		v = v.GetAttr("name")
	}
	if v.IsNull() || v.Type() != cty.String {
		return "", wants("a folder's name", v)
	}
	return v.AsString(), nil
}

func folderName(v cty.Value) (mailbox.Name, error) {
	s, err := folderText(v)
	if err != nil {
		return "", err
	}
	ref, err := mailbox.ParseRef(s)
	if err != nil {
		return "", err
	}
	if ref.Use != "" {
		return "", errors.New("special.… cannot stand here: which folder that is, is known only once the server has been asked. Write the folder's name")
	}
	return ref.Name, nil
}

func folderRef(v cty.Value) (mailbox.Ref, error) {
	s, err := folderText(v)
	if err != nil {
		return mailbox.Ref{}, err
	}
	return mailbox.ParseRef(s)
}

func folderPattern(v cty.Value) (mailbox.Pattern, error) {
	s, err := folderText(v)
	if err != nil {
		return mailbox.Pattern{}, err
	}
	return mailbox.ParsePattern(s)
}

// folderPatterns decodes a list of patterns, which may be empty.
func folderPatterns(v cty.Value) ([]mailbox.Pattern, error) { return list(v, folderPattern) }
