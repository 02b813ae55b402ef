package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// held is a folder, with a number of its messages.
type held struct {
	folder   mailbox.Name
	messages int
}

// fewOf names at most five folders with their messages, and counts the rest.
func fewOf(folders []held) string {
	var words []string
	for _, h := range folders {
		words = append(words, fmt.Sprintf("%q: %s", h.folder, plural(h.messages, "message")))
	}
	return few(words)
}

// few joins at most five words, and counts the rest.
func few(words []string) string {
	const most = 5
	if more := len(words) - most; more > 0 {
		return strings.Join(words[:most], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(words, ", ")
}
