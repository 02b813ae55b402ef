package config

import "fmt"

// missingReasons say of functions that people know from Terraform why there are
// none here, and what to use instead: they end the sentence "There is no function named …: ".
//
// Left out is what would give something else each time, what tells of the machine
// instead of the configuration, what shows a secret, and what nothing about mail
// needs.
func missingReasons() map[string]string {
	const (
		eachTime = "it would give something else each time, and a plan must not change by being asked twice"
		machine  = "a configuration must mean the same on every machine, and reads only what lies in its own directory"
		bytes    = "nothing here takes bytes that are no text"
		address  = "nothing here takes addresses of networks"
		literal  = "lists are written in [ ], and maps in { }"
		hash     = "use the hash of the file's text, as in sha256(file(…))"
	)
	return map[string]string{
		"abspath":                machine + ". Write paths relative to it",
		"base64gzip":             bytes,
		"base64sha256":           "use sha256",
		"base64sha512":           "use sha512",
		"bcrypt":                 eachTime + ". Use sha256 or sha512",
		"cidrcontains":           address,
		"cidrhost":               address,
		"cidrnetmask":            address,
		"cidrsubnet":             address,
		"cidrsubnets":            address,
		"defaults":               "give the attributes of the variable's type their defaults with optional(type, default)",
		"env":                    machine + ". Declare a variable, and set IMAPFORM_VAR_ and its name in the environment",
		"ephemeralasnull":        "there are no ephemeral values; sensitive ones are kept nowhere either",
		"filebase64":             bytes + ". Use file for text",
		"filebase64sha256":       hash,
		"filebase64sha512":       hash,
		"filemd5":                "use the hash of the file's text, as in md5(file(…))",
		"filesha1":               "use the hash of the file's text, as in sha1(file(…))",
		"filesha256":             hash,
		"filesha512":             "use the hash of the file's text, as in sha512(file(…))",
		"list":                   literal,
		"map":                    literal,
		"nonsensitive":           "it would be the hole through which secrets leak. A sensitive value can reach an account's credentials only; if the value is no secret, take sensitive away where it is declared",
		"pathexpand":             machine + ". Arguments that take a file say themselves where ~/ is allowed",
		"rsadecrypt":             bytes + ". Give a secret as a sensitive variable or a password_command",
		"setsymmetricdifference": "use setsubtract(setunion(a, b), setintersection(a, b))",
		"templatestring":         "write the template where it is used, or in a file for templatefile",
		"timestamp":              eachTime + ". Use plantimestamp(), the time of the plan",
		"type":                   "the type of a value shows in an error where another is needed; can(tonumber(value)) and the like ask for it",
		"uuid":                   eachTime + ". Use sha256 of something that differs",
		"uuidv5":                 "use sha256, which names a text just as well",
	}
}

// missingFunction is a sentence for who calls a function that does not exist: why
// there is none, or which was meant.
func missingFunction(name string) string {
	if reason, ok := missingReasons()[name]; ok {
		return fmt.Sprintf("There is no function named %q: %s.", name, reason)
	}
	return fmt.Sprintf("There is no function named %q.%s", name, didYouMean(name, functionNames()))
}
