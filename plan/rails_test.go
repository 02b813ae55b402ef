package plan

import (
	"fmt"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
)

// Rails of numbers are held against a plan again, as they are by then.
func TestBeyond(t *testing.T) {
	p := &Plan{Steps: []Step{
		{Op: File{Folder: "A", Away: AwayPermanent, Messages: make([]Message, 3)}, Because: []Cause{{Address: "rule.x"}}},
		{Op: File{Folder: "A", Away: AwayMove, To: "B", Messages: make([]Message, 2)}, Because: []Cause{{Address: "rule.y"}}},
		{Op: Remove{Name: "A"}},
	}}
	wide := config.Policy{MaxMessages: 5, MaxDeleted: 3, MaxRemovedFolders: 1}
	for name, c := range map[string]struct {
		change func(*config.Policy)
		own    int
		want   string
	}{
		"none":                {func(*config.Policy) {}, 0, "[]"},
		"own, wide enough":    {func(*config.Policy) {}, 3, "[]"},
		"max_messages":        {func(p *config.Policy) { p.MaxMessages = 4 }, 0, "[max_messages ]"},
		"max_deleted":         {func(p *config.Policy) { p.MaxDeleted = 2 }, 0, "[max_deleted ]"},
		"max_removed_folders": {func(p *config.Policy) { p.MaxRemovedFolders = 0 }, 0, "[max_removed_folders ]"},
		"own":                 {func(*config.Policy) {}, 2, "[max_messages rule.x]"},
	} {
		policy := wide
		c.change(&policy)
		a := &config.Account{Rules: []*rules.Rule{{Address: "rule.x", MaxMessages: c.own}, {Address: "rule.z", MaxMessages: 1}}}
		var got []string
		for _, b := range p.Beyond(a, policy) {
			got = append(got, b.Rail+" "+b.Of)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
