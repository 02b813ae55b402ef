package cli

import (
	"strconv"

	"github.com/imapform/imapform/internal/render"
)

// Status is the program's exit status.
type Status int

// The exit statuses.
const (
	StatusOK         Status = 0
	StatusError      Status = 1
	StatusChanges    Status = 2
	StatusFormat     Status = 3
	StatusRail       Status = 4
	StatusStale      Status = 5
	StatusIncomplete Status = 6

	// fmt has a status of its own for errors, as Terraform's has: 3 says something
	// about files, and a script must be able to tell both from 1.
	StatusFormatError Status = 2
)

// statuses say what each exit status means, for help.
var statuses = []struct {
	status  Status
	meaning string
}{
	{StatusOK, "Success; of plan: with or without changes, unless -detailed-exitcode is given."},
	{StatusError, "Error: nothing was done. test: a test fails."},
	{StatusChanges, "plan -detailed-exitcode: there are changes. fmt: error."},
	{StatusFormat, "fmt -check: files would change."},
	{StatusRail, "The plan breaks a rail of the policy block."},
	{StatusStale, "apply FILE: the saved plan is stale altogether, or older than -max-age; nothing was done."},
	{StatusIncomplete, "apply did not do all that it should have done; its report says what is left."},
}

func statusSection() render.HelpSection {
	section := render.HelpSection{Title: "Exit statuses"}
	for _, s := range statuses {
		section.Rows = append(section.Rows, render.HelpRow{Word: strconv.Itoa(int(s.status)), Meaning: s.meaning})
	}
	return section
}
