package config

import (
	"fmt"
	"sync"

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
			set:  assignPointer(func(f *Folder) **bool { return &f.Subscribed }),
			null: func(f *Folder) { f.Subscribed = nil },
		},
		{
			name: "special_use", value: "a special use", doc: "what the folder is for: it is then the folder that special.… means, and is created with that use where the server can",
			set: oneWord(useWords(), mailbox.Uses(), func(f *Folder) *mailbox.Use { return &f.Use }),
		},
	}
}

// folderTable is made once: there may be thousands of folders.
var folderTable = sync.OnceValue(folderArguments)

// declareFolder makes the folder known as folder.NAME: an object that holds its
// name, or several by key.
func (l *loader) declareFolder(b *block) {
	l.node("folder", b.label, b.declared, func() cty.Value {
		return l.decodeEach(b, func(each *instance) cty.Value { return l.folder(b, each) })
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
	found := decode(l, b, each, folderTable(), f)
	accounts, _ := l.accountsOf(b, each)
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
	if b.repeated() {
		l.report.errorAt(b.declared, "Missing required argument",
			fmt.Sprintf("A folder with for_each needs a name that is another one for each instance, such as name = \"%s/${each.key}\".", b.label))
		return
	}
	f.Name = mailbox.FromLevels([]string{b.label})
}
