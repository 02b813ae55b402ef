package config

// IndexEnd is the length of the index that the text begins with, of an address such as
// folder.list["golang"]: of ["golang"]. Brackets within quotation marks are none of it.
// 0: it does not end.
func IndexEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == ']':
			return i + 1
		}
	}
	return 0
}
