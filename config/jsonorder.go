package config

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
)

// checkJSONOrder reports rules of a JSON file that stand in one object: the order
// of rules is meaning, and that of a JSON object's properties is none.
func (l *loader) checkJSONOrder(file *hcl.File, blocks []*block) {
	if !rulesInOneObject(file.Bytes) {
		return
	}
	for _, b := range blocks {
		if b.kind.name == "rule" {
			l.report.errorAt(b.declared, "Rules without an order",
				"Rules run in the order of their declaration, and the properties of a JSON object have none. Write several rules as an array: \"rule\": [{\"a\": {…}}, {\"b\": {…}}].")
			return
		}
	}
}

// rulesInOneObject says whether several rules are properties of one object. The
// source is JSON already parsed as HCL; what is no object here is reported there.
func rulesInOneObject(src []byte) bool {
	for _, root := range jsonElements(src) {
		for _, some := range jsonElements(jsonProperties(root)["rule"]) {
			labels := jsonProperties(some)
			delete(labels, "//")
			if len(labels) > 1 {
				return true
			}
		}
	}
	return false
}

// jsonElements returns the elements of an array, or the value that is none.
func jsonElements(src []byte) []json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(src, &elements) == nil {
		return elements
	}
	return []json.RawMessage{src}
}

func jsonProperties(src []byte) map[string]json.RawMessage {
	var properties map[string]json.RawMessage
	if json.Unmarshal(src, &properties) != nil {
		return nil
	}
	return properties
}
