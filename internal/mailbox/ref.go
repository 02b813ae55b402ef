package mailbox

import (
	"errors"
	"fmt"
	"strings"
)

// A Ref names a folder as a configuration does: by its name, or by a special
// use, perhaps with levels below it. Which folder a use means is known only once
// the server has been asked. The zero value names no folder.
type Ref struct {
	Use  Use  // if set, the folder of that use …
	Name Name // … or, below it, this name; without Use the folder itself
}

// useMark stands around a use's name in the text of `special.trash`, so that it
// survives templates such as "${special.archive}/2024". No folder name may hold
// it: it is a control character.
const useMark = "\x00"

// Token is the text that stands for the folder of the use until the server has
// been asked. ParseRef and ParsePattern understand it at the beginning of a name.
func (u Use) Token() string { return useMark + string(u) + useMark }

// ParseRef turns what somebody wrote, perhaps with a use's Token at its
// beginning, into a Ref.
func ParseRef(s string) (Ref, error) {
	use, rest, err := cutUse(s)
	if err != nil {
		return Ref{}, err
	}
	if use != "" && rest == "" {
		return Ref{Use: use}, nil
	}
	levels, err := parseLevels(rest, "")
	if err != nil {
		return Ref{}, err
	}
	return Ref{Use: use, Name: below(use, levels)}, nil
}

// below joins levels to a Name. Below a use a level "inbox" is one like any other:
// only the first of a whole name can be INBOX.
func below(use Use, levels []string) Name {
	if use == "" {
		return FromLevels(levels)
	}
	return Name(strings.Join(levels, "/"))
}

// cutUse takes a use's token, and the "/" behind it, from the beginning of s.
func cutUse(s string) (Use, string, error) {
	if !strings.HasPrefix(s, useMark) {
		if strings.Contains(s, useMark) {
			return "", "", errors.New("special.… must stand at the beginning of a folder name")
		}
		return "", s, nil
	}
	word, rest, ok := strings.Cut(s[len(useMark):], useMark)
	if !ok || Use(word).Attr() == "" {
		return "", "", errors.New("a folder name must not contain control characters")
	}
	if strings.Contains(rest, useMark) {
		return "", "", errors.New("special.… must stand at the beginning of a folder name, once")
	}
	if rest == "" {
		return Use(word), "", nil
	}
	rest, ok = strings.CutPrefix(rest, "/")
	if !ok {
		return "", "", fmt.Errorf("after special.%s a name must go on with %q", word, "/")
	}
	if rest == "" {
		return "", "", fmt.Errorf("after special.%s/ the name of a level is missing", word)
	}
	return Use(word), rest, nil
}

// Resolve returns the folder that is meant, where folders are known by use; false
// if none is known for the Ref's use.
func (r Ref) Resolve(byUse map[Use]Name) (Name, bool) {
	if r.Use == "" {
		return r.Name, r.Name != ""
	}
	base, ok := byUse[r.Use]
	if !ok {
		return "", false
	}
	if r.Name == "" {
		return base, true
	}
	return base + "/" + r.Name, true
}

// String is the reference as people write it.
func (r Ref) String() string {
	switch {
	case r.Use == "":
		return string(r.Name)
	case r.Name == "":
		return "special." + string(r.Use)
	default:
		return fmt.Sprintf("${special.%s}/%s", r.Use, r.Name)
	}
}
