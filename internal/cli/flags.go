package cli

import (
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/imapform/imapform/config"
)

// errHelp says that -help was among the flags.
var errHelp = errors.New("help is asked for")

// parseFlags reads a command's flags and returns the arguments after them.
func (inv *invocation) parseFlags(e entry, c command, args []string) ([]string, error) {
	fs := e.flagSet(inv, c)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil, errHelp
	case err != nil:
		return nil, flagProblem(e, fs, err)
	}
	args = fs.Args()
	for _, arg := range args {
		if len(arg) > 1 && strings.HasPrefix(arg, "-") {
			return nil, &problem{fmt.Sprintf("The flag %s stands behind an argument", arg), "Flags must stand before other arguments."}
		}
	}
	if len(args) > 0 && e.args == "" {
		return nil, &problem{
			fmt.Sprintf("The %s command takes no argument", e.name),
			fmt.Sprintf("It was given %q. To use the configuration of another directory, write: imapform -chdir=DIR %s", args[0], e.name),
		}
	}
	return args, nil
}

// flagProblem words what is wrong with the flags, with the nearest flag for one
// that there is not.
func flagProblem(e entry, fs *flag.FlagSet, err error) error {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return &problem{fmt.Sprintf("The flags of the %s command are wrong", e.name), sentence(err.Error())}
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	detail := fmt.Sprintf("Run imapform %s -help for a list of its flags.", e.name)
	if near := config.Nearest(name, names); near != "" {
		detail = fmt.Sprintf("Did you mean -%s?", near)
	}
	if name == "chdir" {
		detail = fmt.Sprintf("It is a global option: write imapform -chdir=DIR %s", e.name)
	}
	return &problem{fmt.Sprintf("The %s command has no flag -%s", e.name, name), detail}
}

// sentence makes a sentence of an error's text. What it begins with keeps its letters
// where it is no word, such as the name of a file.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	first, _, _ := strings.Cut(s, " ")
	if strings.Trim(first, "abcdefghijklmnopqrstuvwxyz") == "" {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s + "."
}

// withEnvironment puts the flags of IMAPFORM_CLI_ARGS and IMAPFORM_CLI_ARGS_name
// before those of the command line, so that the latter win.
func (inv *invocation) withEnvironment(name string, args []string) ([]string, error) {
	var all []string
	for _, variable := range []string{"IMAPFORM_CLI_ARGS", "IMAPFORM_CLI_ARGS_" + name} {
		words, err := splitWords(inv.environment[variable])
		if err != nil {
			return nil, &problem{"The environment variable " + variable + " cannot be read", sentence(err.Error())}
		}
		all = append(all, words...)
	}
	return append(all, args...), nil
}

// splitWords splits text as a shell does: at white space, except within quotes and
// behind a backslash. Nothing is expanded.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, escaped := false, false
	var quote rune
	for _, r := range text {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quotation mark %c is not closed", quote)
	}
	if escaped {
		return nil, errors.New(`nothing follows the last \`)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
