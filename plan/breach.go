package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// A breach is what one cause would do to what is protected.
type breach struct {
	cause   *cause
	deleted []held // messages that it deletes for good, by the protected folder
	trashed []held // messages that it moves to the trash
	removed []held // protected folders that it removes
	renamed []held // protected folders that it renames to somewhere in the trash
	names   []mailbox.Name
}

// add counts messages with the first of the folders through which they went.
func (b *breach) add(all []held, messages int, through ...*place) []held {
	for _, at := range through {
		for _, name := range []mailbox.Name{at.now, at.name} {
			if !slices.Contains(b.names, name) {
				b.names = append(b.names, name)
			}
		}
	}
	name := cmp.Or(through[0].now, through[0].name)
	i := slices.IndexFunc(all, func(h held) bool { return h.folder == name })
	if i < 0 {
		return append(all, held{name, messages})
	}
	all[i].messages += messages
	return all
}

// String says what would happen.
func (b *breach) String() string {
	var does []string
	for _, kind := range []struct {
		folders []held
		words   string
		what    func([]held) string
	}{
		{b.removed, "remove %s", protectedFolders},
		{b.renamed, "bring %s to the trash", protectedFolders},
		{b.trashed, "throw away %s", protectedMessages},
		{b.deleted, "delete %s for good", protectedMessages},
	} {
		if len(kind.folders) > 0 {
			does = append(does, fmt.Sprintf(kind.words, kind.what(kind.folders)))
		}
	}
	return b.cause.name() + " would " + strings.Join(does, " and ") + "."
}

func protectedFolders(all []held) string {
	if len(all) == 1 {
		return fmt.Sprintf("the protected folder %q with %s", all[0].folder, plural(all[0].messages, "message"))
	}
	return fmt.Sprintf("%d protected folders (%s)", len(all), fewOf(all))
}

func protectedMessages(all []held) string {
	if len(all) == 1 {
		return fmt.Sprintf("%s of the protected folder %q", plural(all[0].messages, "message"), all[0].folder)
	}
	n := 0
	for _, h := range all {
		n += h.messages
	}
	return fmt.Sprintf("%s of %d protected folders (%s)", plural(n, "message"), len(all), fewOf(all))
}
