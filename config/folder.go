package config

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

func folderArguments() []argument[Folder] {
	return []argument[Folder]{
		{
			name: "name", value: "a folder's name", fallback: "the label", doc: "the folder's name, levels separated by \"/\"; required with for_each",
			set: assign(folderName, func(f *Folder) *mailbox.Name { return &f.Name }),
		},
		{
			name: "subscribed", value: "true, false or null", fallback: "true", doc: "whether the folder is subscribed; null leaves that alone",
			set: func(f *Folder, v cty.Value) error {
				subscribed, err := boolean(v)
				f.Subscribed = &subscribed
				return err
			},
			null: func(f *Folder) { f.Subscribed = nil },
		},
		{
			name: "special_use", value: "a special use", doc: "what the folder is for: it is then the folder that special.… means, and is created with that use where the server can",
			set: oneWord(useWords(), mailbox.Uses(), func(f *Folder) *mailbox.Use { return &f.Use }),
		},
	}
}

// declareFolder makes the folder known as folder.NAME: an object that holds its
// name, or several by key.
func (l *loader) declareFolder(b *block) {
	l.node("folder", b.label, b.declared, func() cty.Value {
		instances := l.instances(b)
		if len(instances) == 0 { // what is wrong with it is wrong today, too
			l.folder(b, unknownInstances()[0])
		}
		return instanceValues(b, instances, func(each *instance) cty.Value { return l.folder(b, each) })
	})
}

// folder decodes one instance and gives it to its account.
func (l *loader) folder(b *block, each *instance) cty.Value {
	subscribed := true
	f := &Folder{
		Address:    l.address(b, each),
		Label:      b.label,
		Declared:   b.declared,
		NameRange:  b.rangeOf("name"),
		Subscribed: &subscribed,
	}
	found := decode(l, b, each, folderArguments(), f)
	accounts := l.accountsOf(b, each)
	if found["name"] == absent {
		l.defaultName(b, f)
	}
	if f.Name == "" {
		return cty.ObjectVal(map[string]cty.Value{"name": cty.UnknownVal(cty.String)})
	}
	if l.real(each) {
		for _, a := range accounts {
			a.Folders = append(a.Folders, f)
		}
	}
	return cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(string(f.Name))})
}

// defaultName takes the label for the folder's name, which several instances
// cannot share.
func (l *loader) defaultName(b *block, f *Folder) {
	if b.broken {
		return
	}
	if _, ok := b.args["for_each"]; ok {
		l.report.errorAt(b.declared, "Missing required argument",
			fmt.Sprintf("A folder with for_each needs a name that is another one for each instance, such as name = \"%s/${each.key}\".", b.label))
		return
	}
	f.Name = mailbox.FromLevels([]string{b.label})
}
