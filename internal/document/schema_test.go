package document

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/plan.schema.json and the tables of docs/json.md anew")

var (
	schemaPath = filepath.Join("..", "..", "docs", "plan.schema.json")
	pagePath   = filepath.Join("..", "..", "docs", "json.md")
)

// A member is a field of a type as JSON has it.
type member struct {
	name, doc string
	optional  bool
	value     map[string]any
	words     string // its type, for people
}

// types are the package's types as its source declares and explains them.
type types struct {
	fields map[string]*ast.StructType
	docs   map[string]string
	words  map[string][]string // the constants of types of words
}

// read parses the package's source.
func read(t *testing.T) types {
	t.Helper()
	all := types{fields: map[string]*ast.StructType{}, docs: map[string]string{}, words: map[string][]string{}}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if decl, ok := decl.(*ast.GenDecl); ok {
				all.add(t, decl)
			}
		}
	}
	return all
}

func (all *types) add(t *testing.T, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			all.docs[spec.Name.Name] = sentence(decl.Doc)
			if s, ok := spec.Type.(*ast.StructType); ok {
				all.fields[spec.Name.Name] = s
			}
		case *ast.ValueSpec:
			if name, ok := spec.Type.(*ast.Ident); ok && decl.Tok == token.CONST {
				word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all.words[name.Name] = append(all.words[name.Name], word)
			}
		}
	}
}

// sentence is a comment as one line.
func sentence(doc *ast.CommentGroup) string { return strings.Join(strings.Fields(doc.Text()), " ") }

// members are those of a type, with those of embedded types.
func (all types) members(t *testing.T, name string) []member {
	t.Helper()
	var members []member
	for _, f := range all.fields[name].Fields.List {
		if len(f.Names) == 0 {
			members = append(members, all.members(t, f.Type.(*ast.Ident).Name)...)
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		key, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		m := member{name: key, doc: sentence(f.Doc), optional: options == "omitempty"}
		field := f.Names[0].Name
		if key == "" || !strings.HasPrefix(m.doc, field+" ") {
			t.Errorf("%s.%s: its comment must begin with its name: %q", name, field, m.doc)
		}
		m.doc = "`" + key + "`" + strings.TrimPrefix(m.doc, field)
		m.value, m.words = all.value(t, f.Type, m.optional)
		members = append(members, m)
	}
	return members
}

// value is the schema of a type, and what people call it.
func (all types) value(t *testing.T, expr ast.Expr, optional bool) (schema map[string]any, words string) {
	t.Helper()
	switch expr := expr.(type) {
	case *ast.ArrayType:
		items, of := all.value(t, expr.Elt, false)
		return map[string]any{"type": "array", "items": items}, "list of " + of
	case *ast.MapType:
		values, of := all.value(t, expr.Value, false)
		return map[string]any{"type": "object", "additionalProperties": values}, "object of " + of
	case *ast.StarExpr:
		schema, words := all.value(t, expr.X, false)
		if optional {
			return schema, words
		}
		return map[string]any{"anyOf": []any{schema, map[string]any{"type": "null"}}}, words + " or null"
	case *ast.Ident:
		switch {
		case expr.Name == "string":
			return map[string]any{"type": "string"}, "string"
		case expr.Name == "bool":
			return map[string]any{"type": "boolean"}, "boolean"
		case expr.Name == "int" || expr.Name == "int64":
			return map[string]any{"type": "integer", "minimum": 0}, "integer"
		case expr.Name == "float64":
			return map[string]any{"type": "number"}, "number"
		case expr.Name == "Marks":
			return map[string]any{"anyOf": []any{map[string]any{"const": false}, map[string]any{"type": "object", "maxProperties": 0}}}, "`{}` or `false`"
		case all.words[expr.Name] != nil:
			return map[string]any{"enum": all.words[expr.Name]}, "`" + strings.Join(all.words[expr.Name], "`, `") + "`"
		case all.fields[expr.Name] != nil:
			return map[string]any{"$ref": "#/$defs/" + expr.Name}, "[" + expr.Name + "](#" + strings.ToLower(expr.Name) + ")"
		}
	}
	t.Fatalf("%v is no type that a document can hold", expr)
	return nil, ""
}

// lineMembers are what lines of each type hold besides what all of them do.
var lineMembers = map[LineType][]string{
	LineVersion: {"imapform", "ui"}, LineDiagnostic: {"diagnostic"}, LinePlannedChange: {"change"},
	LineChangeSummary: {"changes"}, LineApplyStart: {"hook"}, LineApplyProgress: {"hook"},
	LineApplyComplete: {"hook"}, LineApplyErrored: {"hook"}, LineProtocolCost: {"cost"}, LineOutcome: {"outcome"},
}

// schema is the JSON Schema of the document and of the stream's lines.
func schema(t *testing.T) map[string]any {
	t.Helper()
	all := read(t)
	defs := map[string]any{}
	for name := range all.fields {
		if name == "Run" || !ast.IsExported(name) || name == "Counts" { // no JSON, and embedded
			continue
		}
		properties, required := map[string]any{}, []string{}
		for _, m := range all.members(t, name) {
			m.value["description"] = m.doc
			properties[m.name] = m.value
			if !m.optional {
				required = append(required, m.name)
			}
		}
		defs[name] = map[string]any{"description": all.docs[name], "type": "object", "properties": properties, "required": required, "additionalProperties": false}
	}
	plan := defs["Plan"].(map[string]any)["properties"].(map[string]any)
	plan["format_version"].(map[string]any)["const"] = FormatVersion
	plan["timestamp"].(map[string]any)["format"] = "date-time"
	line := defs["Line"].(map[string]any)
	line["properties"].(map[string]any)["ui"].(map[string]any)["const"] = FormatVersion
	line["properties"].(map[string]any)["@timestamp"].(map[string]any)["format"] = "date-time"
	line["allOf"] = lineRules(t, all)
	return map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$comment":    "Generated from internal/document.",
		"title":       "imapform plan",
		"description": "The document that imapform show -json prints, or a line of what imapform plan -json and imapform apply -json write. docs/json.md explains both.",
		"anyOf":       []any{map[string]any{"$ref": "#/$defs/Plan"}, map[string]any{"$ref": "#/$defs/Line"}},
		"$defs":       defs,
	}
}

// lineRules say of each type of lines what it holds, and no other member.
func lineRules(t *testing.T, all types) []any {
	t.Helper()
	var special []string
	for _, m := range all.members(t, "Line") {
		if m.optional {
			special = append(special, m.name)
		}
	}
	var rules []any
	for _, word := range all.words["LineType"] {
		members := lineMembers[LineType(word)]
		if members == nil {
			t.Errorf("it is not told what lines of type %s hold", word)
		}
		others := map[string]any{}
		for _, name := range special {
			if !slices.Contains(members, name) {
				others[name] = false
			}
		}
		rules = append(rules, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"const": word}}},
			"then": map[string]any{"required": members, "properties": others},
		})
	}
	return rules
}

// The schema is that of the types. A change of the types is a change of the format.
func TestSchema(t *testing.T) {
	made, err := json.MarshalIndent(schema(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	made = append(made, '\n')
	if *update {
		if err := os.WriteFile(schemaPath, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	if string(there) == string(made) {
		return
	}
	if shape(t, there) != shape(t, made) && versionIn(t, there) == FormatVersion {
		t.Errorf("the members have changed: give FormatVersion another value than %q, then run this test with -update", FormatVersion)
	}
	t.Errorf("%s is not that of the types: run this test with -update", schemaPath)
}

// shape is a schema without its descriptions and its version.
func shape(t *testing.T, text []byte) string {
	t.Helper()
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	stripped, err := json.Marshal(strip(schema))
	if err != nil {
		t.Fatal(err)
	}
	return string(stripped)
}

func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, value := range v {
			_, isText := value.(string)
			if key == "description" && isText || key == "const" && value == FormatVersion {
				continue
			}
			kept[key] = strip(value)
		}
		return kept
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	}
	return v
}

func versionIn(t *testing.T, text []byte) string {
	t.Helper()
	var s struct {
		Defs struct {
			Plan struct {
				Properties struct {
					Version struct {
						Const string `json:"const"`
					} `json:"format_version"`
				} `json:"properties"`
			} `json:"Plan"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if s.Defs.Plan.Properties.Version.Const == "" {
		t.Error("the schema has no version")
	}
	return s.Defs.Plan.Properties.Version.Const
}

// What is taken away, added or made another is seen; words are not.
func TestShapeSeesMembers(t *testing.T) {
	made, err := json.Marshal(schema(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		old, new string
		same     bool
	}{
		{`"octets"`, `"size"`, false},
		{`"minimum":0`, `"minimum":1`, false},
		{`"no-op"`, `"none"`, false},
		{"is how many there are", "tells how many there are", true},
		{`"const":"` + FormatVersion + `"`, `"const":"9.9"`, false},
	} {
		other := strings.ReplaceAll(string(made), c.old, c.new)
		if other == string(made) {
			t.Errorf("%s does not occur", c.old)
		}
		if (shape(t, []byte(other)) == shape(t, made)) != c.same {
			t.Errorf("%s -> %s: the same: %t", c.old, c.new, !c.same)
		}
	}
}

// The page for people lists every member of every type.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	made := string(text)
	all := read(t)
	for part, first := range map[string]string{"document": "Plan", "stream": "Line"} {
		made = replaced(t, made, part, tables(t, all, first))
	}
	if *update {
		if err := os.WriteFile(pagePath, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if made != string(text) {
		t.Errorf("the tables of %s are not those of the types: run this test with -update", pagePath)
	}
}

// replaced puts text between the marks of a part.
func replaced(t *testing.T, page, part, text string) string {
	t.Helper()
	begin, end := "<!-- begin "+part+" -->\n", "<!-- end "+part+" -->\n"
	head, rest, ok := strings.Cut(page, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("the page has no part %q", part)
	}
	return head + begin + text + end + tail
}

// tables are those of a type and of all that it leads to and no type before does.
func tables(t *testing.T, all types, first string) string {
	t.Helper()
	var b strings.Builder
	shown := map[string]bool{}
	if first == "Line" {
		collect(all, "Plan", shown)
	}
	for _, name := range collect(all, first, shown) {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| member | type | |\n|---|---|---|\n", name, all.docs[name])
		for _, m := range all.members(t, name) {
			doc := strings.TrimPrefix(m.doc, "`"+m.name+"` ")
			doc = strings.TrimPrefix(strings.TrimPrefix(doc, "is "), "are ")
			kind := m.words
			if m.optional {
				kind += ", optional"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m.name, kind, strings.ToUpper(doc[:1])+doc[1:])
		}
	}
	return b.String() + "\n"
}

// collect names a type and those that it leads to, in the order of its members.
func collect(all types, name string, seen map[string]bool) []string {
	if seen[name] {
		return nil
	}
	seen[name] = true
	names := []string{name}
	if name == "Counts" {
		names = nil // it is embedded only
	}
	for _, f := range all.fields[name].Fields.List {
		ast.Inspect(f.Type, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && all.fields[id.Name] != nil {
				names = append(names, collect(all, id.Name, seen)...)
			}
			return true
		})
	}
	return names
}

// Every type of lines is told of, and no other.
func TestLineMembers(t *testing.T) {
	var told []string
	for _, word := range slices.Sorted(maps.Keys(lineMembers)) {
		told = append(told, string(word))
	}
	words := slices.Sorted(slices.Values(read(t).words["LineType"]))
	if !slices.Equal(told, words) {
		t.Errorf("told are %q, there are %q", told, words)
	}
}
