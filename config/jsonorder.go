package config

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// ordered are the blocks whose order is meaning.
var ordered = []string{"rule", "module"}

// checkJSONOrder reports rules and modules of a JSON file that stand in one object:
// their order is meaning, and that of a JSON object's properties is none.
func (l *loader) checkJSONOrder(file *hcl.File, blocks []*block) {
	if !withoutOrder(file.Bytes) {
		return
	}
	for _, b := range blocks {
		if slices.Contains(ordered, b.kind.name) {
			l.report.errorAt(b.declared, "Rules without an order",
				"Rules, and modules with theirs, run in the order of their declaration, and the properties of a JSON object have none. Write several as an array, \"rule\": [{\"a\": {…}}, {\"b\": {…}}], and where rules and modules stand in one file, make the whole file an array of objects: [{\"rule\": …}, {\"module\": …}].")
			return
		}
	}
}

// withoutOrder says whether several rules or modules are properties of one object.
// The source is JSON already parsed as HCL; what is no object here is reported
// there.
func withoutOrder(src []byte) bool {
	for _, root := range jsonElements(src) {
		var some []json.RawMessage
		for _, name := range ordered {
			some = append(some, jsonProperties(root, name)...)
		}
		if len(some) > 1 {
			return true // also one of them twice
		}
		for _, blocks := range some {
			for _, one := range jsonElements(blocks) {
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
