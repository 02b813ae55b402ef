package config

import (
	"bytes"
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
		some := jsonProperties(root, "rule")
		if len(some) > 1 {
			return true // "rule" itself is there twice
		}
		for _, rules := range some {
			for _, one := range jsonElements(rules) {
				if len(jsonProperties(one, "")) > 1 {
					return true
				}
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

// jsonProperties returns the values of an object's properties of that name, as
// often as it is there; without a name, all but comments. None: it is no object.
func jsonProperties(src []byte, name string) []json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(src))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil
	}
	var values []json.RawMessage
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil
		}
		if key == name || name == "" && key != "//" {
			values = append(values, value)
		}
	}
	return values
}
