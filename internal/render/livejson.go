package render

import (
	"io"

	"github.com/imapform/imapform/plan"
)

// The JSON of live folders.
type (
	liveJSON struct {
		FormatVersion string            `json:"format_version"`
		Accounts      []liveAccountJSON `json:"accounts"`
		Failed        []liveFailedJSON  `json:"failed"`
		Summary       liveSummaryJSON   `json:"summary"`
	}
	liveAccountJSON struct {
		Account   string            `json:"account"`
		Server    string            `json:"server"`
		Delimiter string            `json:"delimiter"` // empty: folders have one level
		Folders   []liveFolderJSON  `json:"folders"`
		Missing   []liveMissingJSON `json:"missing"`
		Warnings  []string          `json:"warnings"`
	}
	liveFolderJSON struct {
		Name       string `json:"name"`
		Exists     bool   `json:"exists"`
		Selectable bool   `json:"selectable"`
		Subscribed bool   `json:"subscribed"`
		// These three are there exactly for selectable folders.
		Messages    *uint32 `json:"messages,omitempty"`
		UIDValidity *uint32 `json:"uid_validity,omitempty"`
		UIDNext     *uint32 `json:"uid_next,omitempty"`

		SpecialUse []string           `json:"special_use"`
		DeclaredBy *liveDeclaringJSON `json:"declared_by,omitempty"`
	}
	liveMissingJSON struct {
		Name       string            `json:"name"`
		DeclaredBy liveDeclaringJSON `json:"declared_by"`
	}
	liveDeclaringJSON struct {
		Block   string `json:"block"`
		Address string `json:"address,omitempty"` // moved and removed blocks have none
		File    string `json:"file"`
		Line    int    `json:"line"`
	}
	liveFailedJSON struct {
		Account string `json:"account"`
		Reason  string `json:"reason"`
	}
	liveSummaryJSON struct {
		Accounts int   `json:"accounts"`
		Folders  int   `json:"folders"`
		Messages int64 `json:"messages"`
	}
)

// LiveFoldersJSON writes the folders of accounts as one JSON object, with the accounts
// of which they could not be told.
func LiveFoldersJSON(w io.Writer, all []Live, failed []Failure) error {
	made := liveJSON{FormatVersion: "1.0", Accounts: []liveAccountJSON{}, Failed: []liveFailedJSON{}, Summary: liveSummaryJSON{Accounts: len(all)}}
	for _, l := range all {
		made.Accounts = append(made.Accounts, jsonOfLive(l))
		folders, messages := l.folders()
		made.Summary.Folders += folders
		made.Summary.Messages += messages
	}
	for _, f := range failed {
		made.Failed = append(made.Failed, liveFailedJSON(f))
	}
	return writeJSON(w, made)
}

func jsonOfLive(l Live) liveAccountJSON {
	made := liveAccountJSON{
		Account: l.Account, Server: l.Listing.Server, Delimiter: l.Listing.Delimiter,
		Folders: []liveFolderJSON{}, Missing: []liveMissingJSON{}, Warnings: append([]string{}, l.Listing.Warnings...),
	}
	for _, f := range l.Listing.Folders {
		shown := liveFolderJSON{
			Name: string(f.Name), Exists: f.Exists, Selectable: f.Selectable, Subscribed: f.Subscribed, SpecialUse: texts(f.Uses),
		}
		if f.Selectable {
			next := uint32(f.UIDNext)
			shown.Messages, shown.UIDValidity, shown.UIDNext = &f.Messages, &f.UIDValidity, &next
		}
		if cause, ok := l.Declared[f.Name]; ok {
			declaring := jsonOfDeclaring(cause)
			shown.DeclaredBy = &declaring
		}
		made.Folders = append(made.Folders, shown)
	}
	for _, name := range l.Missing {
		made.Missing = append(made.Missing, liveMissingJSON{string(name), jsonOfDeclaring(l.Declared[name])})
	}
	return made
}

func jsonOfDeclaring(c plan.Cause) liveDeclaringJSON {
	return liveDeclaringJSON{Block: c.Block, Address: c.Address, File: c.Declared.Filename, Line: c.Declared.Start.Line}
}
