package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imapform/imapform/config"
)

var update = flag.Bool("update", false, "write the JSON Schema in docs")

// TestFile holds the file in docs against the JSON Schema that the tables make.
func TestFile(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "imapform.schema.json")
	want := written(t, WriteJSONSchema)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the tables say: run go test ./internal/schema -update", path)
	}
}

func TestWriteFails(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{"language": WriteLanguage, "JSON Schema": WriteJSONSchema} {
		if err := write(full{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errFull = errors.New("the disk is full")

// full is a writer for which there is no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compiled is the JSON Schema as a validator sees it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, WriteJSONSchema)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("imapform.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("imapform.json") // which checks it against the metaschema
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate holds the text of a file against the JSON Schema.
func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	instance, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s.Validate(instance)
}

// load loads the text of a file in the JSON syntax.
func load(t *testing.T, text string) hcl.Diagnostics {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.imap.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, diags := config.Load(config.Source{Dir: dir, Environ: map[string]string{"HOME": dir}, Incomplete: true})
	return diags
}

func indented(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
