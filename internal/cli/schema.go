package cli

import (
	"context"
	"flag"

	"github.com/imapform/imapform/internal/schema"
)

func schemaEntry() entry {
	return entry{
		name:    "schema",
		summary: "Describe the configuration language for programs",
		text: "Describes every block, argument and function that a configuration can have, as JSON for other programs. " +
			"It reads no configuration and uses no network. One of -json and -json-schema is required.",
		make: func(*invocation) command { return &schemaCommand{} },
	}
}

// schemaCommand is the schema command.
type schemaCommand struct{ json, jsonSchema bool }

func (c *schemaCommand) flags(fs *flag.FlagSet) {
	fs.BoolVar(&c.json, "json", false, "Write one JSON object, in the shape of Terraform's.")
	fs.BoolVar(&c.jsonSchema, "json-schema", false, "Write a JSON Schema of *.imap.json files, for editors.")
}

func (c *schemaCommand) run(_ context.Context, inv *invocation, _ []string) Status {
	switch {
	case c.json && c.jsonSchema:
		return inv.fail(&problem{"The flags -json and -json-schema exclude each other", "Each writes an object of its own: run imapform schema once with each."})
	case c.json:
		return inv.written(schema.WriteLanguage(inv.Stdout))
	case c.jsonSchema:
		return inv.written(schema.WriteJSONSchema(inv.Stdout))
	}
	return inv.fail(&problem{
		"The schema command needs the flag -json or -json-schema",
		"The description is for programs: imapform schema -json writes all of it, imapform schema -json-schema a JSON Schema for editors.",
	})
}
