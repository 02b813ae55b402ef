package schema

// textTest is a string, an object, or a list of them: the value of a criterion that
// tests a text.
func textTest() *shape {
	keys := comparisons()
	keys["case"], keys["raw"] = boolean(), boolean()
	return some(either(filled(), object(keys)))
}

// decodedTest is a text test of what is always decoded.
func decodedTest() *shape {
	keys := comparisons()
	keys["case"] = boolean()
	return some(either(filled(), object(keys)))
}

// mimeTest is an object that tests a part of a message, or a list of them.
func mimeTest() *shape {
	keys := map[string]*shape{
		"params": either(&shape{Type: "object", AdditionalProperties: orNull(ref("decoded_test")), MinProperties: 1}, template()),
	}
	for _, key := range []string{"charset", "name", "type"} {
		keys[key] = ref("decoded_test")
	}
	return some(either(object(keys), template()))
}

// attachmentTest is such an object for an attachment, whose charset and parameters do
// not count, or whether there is one.
func attachmentTest() *shape {
	keys := map[string]*shape{"name": ref("decoded_test"), "type": ref("decoded_test")}
	return either(&shape{Type: "boolean"}, some(either(object(keys), template())))
}

// partTest is a text test of a part of an address, whose letter case never counts.
func partTest() *shape { return some(either(filled(), object(comparisons()))) }

// addressTest is a string, an object, or a list of them: the value of a criterion
// that tests an address.
func addressTest() *shape {
	keys := comparisons()
	for _, key := range []string{"address", "local", "user", "detail", "domain", "name"} {
		keys[key] = ref("part_test")
	}
	return some(either(filled(), object(keys)))
}

// comparisons are the keys of an object that by themselves make a test.
func comparisons() map[string]*shape {
	keys := map[string]*shape{"exists": boolean()}
	for _, key := range []string{"contains", "is", "prefix", "suffix", "glob", "regex"} {
		keys[key] = ref("strings")
	}
	for _, key := range []string{"at_least", "above", "at_most", "below"} {
		keys[key] = ref("numbers")
	}
	return keys
}
