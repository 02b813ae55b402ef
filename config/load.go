package config

import "github.com/hashicorp/hcl/v2"

// A Source is where a configuration comes from.
type Source struct {
	Dir     string            // the directory of the configuration
	Environ map[string]string // the process's environment
	Vars    []VarSource       // -var and -var-file, in the order given
}

// A VarSource is one -var or -var-file of the command line.
type VarSource struct {
	Name, Value string // -var name=value
	File        string // -var-file; Name and Value are empty
}

// Files are the source texts that were read, by the file names that ranges have:
// for showing the lines that a diagnostic marks.
type Files map[string]*hcl.File
