package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// age is a criterion of an age.
func age(t testing.TB, name, v string) rules.Test { return criterion(t, name, cty.StringVal(v)) }

// planBy plans by verdicts, at a time of its own, and returns the next ones.
func (b *box) planBy(t *testing.T, a *config.Account, now time.Time, verdicts []byte) (*Plan, []byte) {
	t.Helper()
	made, diags, next := b.tryPlanBy(t, a, now, verdicts)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return made, next
}

func (b *box) tryPlanBy(t *testing.T, a *config.Account, now time.Time, verdicts []byte) (*Plan, hcl.Diagnostics, []byte) {
	t.Helper()
	b.asked = nil
	p, diags := New(a, config.DefaultPolicy(), b.listing(), now)
	p.Recall(verdicts)
	if b.listed != nil {
		b.listed()
	}
	seen := map[string]message.Parts{}
	for round := p.Ask(); len(round) > 0; round = p.Ask() {
		for _, q := range round {
			b.asked = append(b.asked, q)
			b.answer(t, p, q, seen)
			if b.between != nil {
				b.between()
			}
		}
	}
	if diags.HasErrors() {
		return nil, diags, nil
	}
	made, diags := p.Plan()
	next, _ := p.Verdicts()
	return made, diags, next
}

// askedAbout are the folders that were asked about.
func (b *box) askedAbout() string {
	var names []string
	for _, q := range b.asked {
		if !slices.Contains(names, string(q.Folder)) {
			names = append(names, string(q.Folder))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (b *box) folder(name string) *Folder {
	i := slices.IndexFunc(b.folders, func(f Folder) bool { return f.Name == mailbox.Name(name) })
	return &b.folders[i]
}

// tracking gives all folders what tells whether they have changed.
func tracking(b *box) *box {
	for i := range b.folders {
		b.folders[i].HighestModSeq = uint64(1000 + i)
	}
	return b
}

// quiet is a mailbox in which nothing is to do for an hour, and the rules that say so.
func quiet(t testing.TB) (*box, *config.Account) {
	b := newBox("INBOX", "Work", "Old", "Bin trash", "Spare")
	b.put("INBOX", "a")
	b.put("INBOX", "b", imap.FlagSeen)
	b.put("INBOX", "none")
	b.put("Work", "c")
	b.saveDate = true
	return tracking(b), &config.Account{Address: "account.test", Rules: []*rules.Rule{
		rule("stay", subject("a"), moveTo("INBOX")),
		rule("lists", subject("none"), moveBy("Lists/")),
		rule("later", age(t, "older_than", "2h"), moveTo("Old"), "INBOX", "Work"),
		rule("rival", subject("a"), moveTo("Work")),
	}}
}

// What a verdict tells of a folder is what judging its messages does.
func TestRecalled(t *testing.T) {
	b, a := quiet(t)
	anew, verdicts := b.planBy(t, a, clock, nil)
	if b.askedAbout() != "INBOX Work" || len(anew.Steps) > 0 {
		t.Fatalf("asked about %s, planned %s", b.askedAbout(), describe(anew))
	}
	made, next := b.planBy(t, a, clock, verdicts)
	if len(b.asked) > 0 {
		t.Errorf("asked %+v", b.asked)
	}
	if !reflect.DeepEqual(made, anew) {
		t.Errorf("by verdicts\n%+v\nanew\n%+v", made, anew)
	}
	if string(next) != string(verdicts) {
		t.Errorf("the next verdicts are\n%s\nafter\n%s", next, verdicts)
	}
	if text := fmt.Sprintf("%+v", made.Matched); !strings.Contains(text, "no value for move_to") || !strings.Contains(text, "Rivals:[{Rule:rule.rival Messages:1}]") || len(made.Folders) != 2 {
		t.Errorf("matched %s in %+v", text, made.Folders)
	}
}

func TestVerdictHolds(t *testing.T) {
	const both, none = "INBOX Work", ""
	change := func(folder string, f func(*Folder)) func(*box) { return func(b *box) { f(b.folder(folder)) } }
	for name, c := range map[string]struct {
		change   func(*box)
		verdicts func(string) string
		rules    []string // that there are not
		after    time.Duration
		asked    string // about
	}{
		"nothing has changed":               {asked: none},
		"UIDVALIDITY":                       {change: change("INBOX", func(f *Folder) { f.UIDValidity++ }), asked: "INBOX"},
		"UIDNEXT":                           {change: change("INBOX", func(f *Folder) { f.UIDNext++ }), asked: "INBOX"},
		"more messages":                     {change: change("INBOX", func(f *Folder) { f.Messages++ }), asked: "INBOX"},
		"no message any more":               {change: change("Work", func(f *Folder) { f.Messages = 0 }), asked: none},
		"HIGHESTMODSEQ":                     {change: change("Work", func(f *Folder) { f.HighestModSeq++ }), asked: "Work"},
		"no HIGHESTMODSEQ any more":         {change: change("Work", func(f *Folder) { f.HighestModSeq = 0 }), asked: "Work"},
		"one where nothing is looked at":    {change: change("Spare", func(f *Folder) { f.HighestModSeq, f.Messages, f.UIDNext, f.UIDValidity = 9, 1, 2, 9 }), asked: none},
		"a subscription":                    {change: change("Spare", func(f *Folder) { f.Subscribed = false }), asked: both},
		"a use":                             {change: change("Spare", func(f *Folder) { f.Uses = []mailbox.Use{mailbox.UseJunk} }), asked: both},
		"a new folder":                      {change: func(b *box) { b.folders = append(b.folders, Folder{Name: "New", Exists: true, Selectable: true}) }, asked: both},
		"a folder less":                     {change: func(b *box) { b.folders = b.folders[:len(b.folders)-1] }, asked: both},
		"what the server can":               {change: func(b *box) { b.noCreateUse = true }, asked: both},
		"a second before they are due":      {after: time.Hour - time.Second, asked: none},
		"they are due":                      {after: time.Hour, asked: both},
		"a month, less a second":            {rules: []string{"later"}, after: 30*24*time.Hour - time.Second, asked: none},
		"a month":                           {rules: []string{"later"}, after: 30 * 24 * time.Hour, asked: both},
		"a clock that was put back":         {after: -time.Second, asked: both},
		"none":                              {verdicts: func(string) string { return "" }, asked: both},
		"cut off":                           {verdicts: func(s string) string { return s[:len(s)-1] }, asked: both},
		"with more behind":                  {verdicts: func(s string) string { return s + "\n" }, asked: both},
		"not as they were written":          {verdicts: func(s string) string { return strings.Replace(s, ":", ": ", 1) }, asked: both},
		"of another version":                {verdicts: replaced(`{"version":2,`, `{"version":1,`), asked: both},
		"with what nobody knows":            {verdicts: replaced(`{"version":2,`, `{"more":1,"version":2,`), asked: both},
		"in no order":                       {verdicts: replaced(`"folder":"INBOX"`, `"folder":"Z"`), asked: both},
		"twice":                             {verdicts: replaced(`"folder":"INBOX"`, `"folder":"Work"`), asked: both},
		"on no folder":                      {verdicts: replaced(`"folder":"INBOX"`, `"folder":""`), asked: both},
		"on one that is not there":          {verdicts: replaced(`"folder":"INBOX"`, `"folder":"Gone"`), asked: "INBOX"},
		"on one without rules":              {verdicts: replaced(`"folder":"Work"`, `"folder":"Spare"`), asked: "Work"},
		"by a rule that is not there":       {verdicts: replaced(`{"rule":0,"matched"`, `{"rule":5,"matched"`), asked: both},
		"by a rule before the first":        {verdicts: replaced(`{"rule":0,"matched"`, `{"rule":-1,"matched"`), asked: both},
		"rules in no order":                 {verdicts: replaced(`{"rule":0,"matched"`, `{"rule":3,"matched"`), asked: both},
		"one rule twice":                    {verdicts: replaced(`{"rule":0,"matched"`, `{"rule":1,"matched"`), asked: both},
		"by a rule that looks elsewhere":    {verdicts: replaced(`"messages":"1"}]}]`, `"messages":"1"}],"rules":[{"rule":0,"matched":"1"}]}]`), asked: both},
		"a rule for none":                   {verdicts: replaced(`"matched":"1"`, `"matched":""`), asked: both},
		"a rule for more than there are":    {verdicts: replaced(`"matched":"1"`, `"matched":"1,3:4"`), asked: both},
		"left for no reason":                {verdicts: replaced(`"move_to"`, `"x"`), asked: both},
		"left more than matched":            {verdicts: replaced(`"move_to","messages":"3"`, `"move_to","messages":"2:3"`), asked: both},
		"a rival before it":                 {verdicts: replaced(`"rivals":[{"rule":3`, `"rivals":[{"rule":0`), asked: both},
		"a rival that is not there":         {verdicts: replaced(`"rivals":[{"rule":3`, `"rivals":[{"rule":5`), asked: both},
		"a rival for too much":              {verdicts: replaced(`"rule":3,"messages":"1"`, `"rule":3,"messages":"1:2"`), asked: both},
		"UIDs that are none":                {verdicts: replaced(`"settled":"1:3"`, `"settled":"1:*"`), asked: both},
		"more than there are":               {verdicts: replaced(`"settled":"1:3"`, `"settled":"1:4"`), asked: both},
		"fewer than there are":              {verdicts: replaced(`"settled":"1:3"`, `"settled":"1:2"`), asked: both},
		"of others":                         {verdicts: replaced(`"settled":"1:3"`, `"settled":"2:4"`), asked: both},
		"settled, and open":                 {verdicts: replaced(`"settled":"1:3"`, `"settled":"1:3","open":"3"`), asked: both},
		"due at another time than the hour": {verdicts: replaced(`"at":"2026-11-21T13:00:00Z"`, `"at":"2026-11-21T13:30:00Z"`), asked: both},
		"others are due":                    {verdicts: replaced(`T13:00:00Z","messages":"1:3"`, `T13:00:00Z","messages":"1:4"`), asked: both},
		"nobody is due":                     {verdicts: replaced(`T13:00:00Z","messages":"1:3"`, `T13:00:00Z","messages":""`), asked: both},
		"made behind its end":               {verdicts: replaced(`"last":"2026-11-21T12:00:00Z"`, `"last":"2026-11-21T11:00:00Z"`), asked: both},
		"a number that is too large":        {verdicts: replaced(`"uidvalidity":100`, `"uidvalidity":4294967296`), asked: both},
	} {
		t.Run(name, func(t *testing.T) {
			b, a := quiet(t)
			a.Rules = slices.DeleteFunc(a.Rules, func(r *rules.Rule) bool { return slices.Contains(c.rules, r.Label) })
			a.Rules = append(a.Rules, rule("last", subject("x"), moveTo("Old"), "Work"))
			_, kept := b.planBy(t, a, clock, nil)
			verdicts := string(kept)
			if c.verdicts != nil {
				if verdicts = c.verdicts(verdicts); verdicts == string(kept) {
					t.Fatalf("there is nothing to replace in %s", kept)
				}
			}
			if c.change != nil {
				c.change(b)
			}
			got, _, _ := b.tryPlanBy(t, a, clock.Add(c.after), []byte(verdicts))
			if b.askedAbout() != c.asked {
				t.Errorf("asked about %q, want %q, by\n%s", b.askedAbout(), c.asked, verdicts)
			}
			want, _, _ := b.tryPlanBy(t, a, clock.Add(c.after), nil)
			if c.change == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("by verdicts\n%+v\nanew\n%+v", got, want)
			}
		})
	}
}

func replaced(old, by string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, by, 1) }
}

// Whatever is told of folders counts, but for what each verdict looks at itself.
func TestWorldSum(t *testing.T) {
	sum := func(l Listing) string { return (&Planner{listing: l}).worldSum() }
	first := Listing{Folders: []Folder{{Name: "A"}, {Name: "B"}}}
	state := []string{"UIDValidity", "UIDNext", "Messages", "HighestModSeq"}
	for _, c := range []struct {
		of   reflect.Type
		pick func(*Listing) any
	}{
		{reflect.TypeFor[Listing](), func(l *Listing) any { return l }},
		{reflect.TypeFor[Folder](), func(l *Listing) any { return &l.Folders[1] }},
	} {
		for i := range c.of.NumField() {
			l := first
			l.Folders = slices.Clone(first.Folders)
			field := reflect.ValueOf(c.pick(&l)).Elem().Field(i)
			switch field.Kind() {
			case reflect.Bool:
				field.SetBool(true)
			case reflect.String:
				field.SetString("other")
			case reflect.Uint32, reflect.Uint64:
				field.SetUint(7)
			case reflect.Slice:
				field.Set(reflect.Append(field, reflect.New(field.Type().Elem()).Elem()))
			default:
				t.Fatalf("%s.%s is of an unknown kind", c.of, c.of.Field(i).Name)
			}
			name := c.of.Field(i).Name
			if same := sum(l) == sum(first); same != slices.Contains(state, name) {
				t.Errorf("%s.%s: the same: %t", c.of, name, same)
			}
		}
	}
}

// What a verdict could not tell, or what the next visit could find otherwise, gets none.
func TestNoVerdict(t *testing.T) {
	const lists = "Lists/a"
	one := func(match rules.Test, change func(*rules.Rule), in ...string) config.Account {
		return config.Account{Rules: []*rules.Rule{rule("r", match, change, in...)}}
	}
	stop := func(r *rules.Rule) { r.Stop = true }
	word := body(t, "invoice")
	for name, c := range map[string]struct {
		account config.Account
		box     func(*box)
		subject string // of the message in INBOX; empty: "a"
		verdict bool
		open    bool // the verdict is that the message is to be judged again
		refused bool // there is no plan
	}{
		"nothing is done":                 {account: one(subject("a"), stop), verdict: true},
		"no rule matches":                 {account: one(subject("b"), moveTo("Old")), verdict: true},
		"a text that was read":            {account: one(word, moveTo("Old")), verdict: true},
		"a folder that messages name":     {account: one(subject(""), moveBy("Lists/"), lists), box: func(b *box) { b.put(lists, "a") }, verdict: true},
		"flags that are there":            {account: one(subject(""), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }), box: func(b *box) { b.messages["INBOX"][0].Flags = mailbox.NewFlags("x") }, verdict: true},
		"a message \\Deleted":             {account: one(subject("a"), moveTo("Old")), box: func(b *box) { b.messages["INBOX"][0].Flags = mailbox.NewFlags(imap.FlagDeleted) }, verdict: true},
		"a message is moved":              {account: one(subject("a"), moveTo("Old")), open: true},
		"a copy that is there":            {account: one(subject("a"), copyInto("Old")), box: func(b *box) { b.put("Old", "a") }, open: true},
		"flags are set":                   {account: one(subject("a"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }), open: true},
		"a message that cannot be judged": {account: one(subject("a"), moveTo("Old")), box: func(b *box) { b.withhold = message.Fields("subject") }, open: true},
		"a name that cannot be told":      {account: one(subject(""), moveBy("Lists/")), subject: "unknown", open: true},
		"a circle":                        {account: config.Account{Rules: []*rules.Rule{rule("r", subject("a"), moveTo("Old")), rule("s", subject("a"), moveTo("INBOX"), "Old")}}},
		"a circle of flags": {account: config.Account{Rules: []*rules.Rule{
			rule("r", has("x"), func(r *rules.Rule) { r.RemoveFlags, r.Stop = mailbox.NewFlags("x"), true }),
			rule("s", lacks("x"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }),
			rule("t", has("x"), func(r *rules.Rule) { r.Stop = true }),
		}}},
		"flags back and forth":                {account: config.Account{Rules: []*rules.Rule{rule("r", lacks("x"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }), rule("s", has("x"), func(r *rules.Rule) { r.RemoveFlags = mailbox.NewFlags("x") })}}, verdict: true},
		"a folder that is to go":              {account: config.Account{Removed: []*config.Removed{removed("Old")}}, box: func(b *box) { b.put("Old", "x", imap.FlagDeleted) }, refused: true},
		"a folder of which labels must know":  {account: config.Account{Protected: patterns("INBOX"), Rules: []*rules.Rule{rule("r", subject("b"), moveTo("Old"))}}, box: func(b *box) { b.labels = true }},
		"a search that may miss":              {account: config.Account{BodySearch: true, Rules: []*rules.Rule{rule("r", word, moveTo("Old"))}}},
		"a name of which no folder is listed": {account: config.Account{Rules: []*rules.Rule{rule("r", subject(""), moveTo("INBOX")), rule("s", subject(""), moveBy("Other/"))}}},
		"a name in other letter case":         {account: one(subject(""), moveBy("LISTS/"), lists), box: func(b *box) { b.put(lists, "a") }},
		"a name that cannot be one":           {account: one(subject(""), moveBy("Trash/x/")), box: func(b *box) { b.folder("Old").Name = "Trash/x"; b.folder("Trash/x").NoInferiors = true }},
		"another state than listed":           {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.state = func(s *State) { s.UIDNext++ } }},
		"another UIDVALIDITY than listed":     {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.state = func(s *State) { s.UIDValidity++ } }},
		"more messages than listed":           {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.state = func(s *State) { s.Messages++ } }},
		"another HIGHESTMODSEQ than listed":   {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.state = func(s *State) { s.HighestModSeq++ } }},
		"NOMODSEQ, other than listed":         {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.state = func(s *State) { s.HighestModSeq = 0 } }},
		"fewer are told":                      {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.messages["INBOX"] = nil }},
		"no HIGHESTMODSEQ":                    {account: one(subject("b"), moveTo("Old")), box: func(b *box) { b.folder("INBOX").HighestModSeq = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			b := tracking(newBox("INBOX", "Old", "Lists", lists))
			if c.subject == "" {
				c.subject = "a"
			}
			m := b.put("INBOX", c.subject)
			m.Texts = map[*message.TextTest]message.Verdict{word.Needs().Texts[0]: message.Fails}
			if c.box != nil {
				c.box(b)
			}
			c.account.Address = "account.test"
			_, diags, verdicts := b.tryPlanBy(t, &c.account, clock, nil)
			if diags.HasErrors() != c.refused {
				t.Fatalf("refused: %t, %v", diags.HasErrors(), diags)
			}
			if !c.refused && len(b.asked) == 0 {
				t.Error("nothing was asked")
			}
			if (verdicts != nil) != (c.verdict || c.open) || strings.Contains(string(verdicts), `"open":"1"`) != c.open {
				t.Errorf("the verdicts are %s", verdicts)
			}
		})
	}
}

// A rule that the clock makes match counts wherever it was looked at, and no other does.
func TestVerdictUntil(t *testing.T) {
	stay, away := moveTo("INBOX"), moveTo("Old")
	soon, never := age(t, "older_than", "3h"), age(t, "older_than", "1h")
	word := body(t, "invoice")
	for name, c := range map[string]struct {
		rules []*rules.Rule
		want  time.Duration // 0: never
	}{
		"a rule that is due later":     {[]*rules.Rule{rule("r", soon, away)}, 2 * time.Hour},
		"the first of several":         {[]*rules.Rule{rule("r", age(t, "older_than", "9h"), away), rule("s", soon, away)}, 2 * time.Hour},
		"one that holds no longer":     {[]*rules.Rule{rule("r", age(t, "newer_than", "4h"), stay)}, 3 * time.Hour},
		"one that holds for ever":      {[]*rules.Rule{rule("r", never, stay)}, 0},
		"another criterion fails":      {[]*rules.Rule{rule("r", rules.All(soon, subject("b")), away)}, 0},
		"one behind a rule that ends":  {[]*rules.Rule{rule("r", subject("a"), stay), rule("s", soon, stay)}, 2 * time.Hour},
		"one that could be no rival":   {[]*rules.Rule{rule("r", subject("a"), stay), rule("s", soon, func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") })}, 0},
		"one behind a rule that stops": {[]*rules.Rule{rule("r", subject("a"), func(r *rules.Rule) { r.Stop = true }), rule("s", soon, away)}, 0},
		"one behind a rival":           {[]*rules.Rule{rule("r", subject("a"), stay), rule("s", subject("a"), away), rule("t", soon, away)}, 0},
		"what has a text read that a rival wants": {[]*rules.Rule{
			rule("r", rules.All(age(t, "newer_than", "4h"), body(t, "other")), away), rule("s", subject("a"), stay), rule("t", word, away),
		}, 3 * time.Hour},
		"what has a text read that a rival wants, for another's sake": {[]*rules.Rule{
			rule("r", body(t, "other"), away),
			rule("s", lacks("x"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("x") }),
			rule("t", has("x"), both(stay, func(r *rules.Rule) { r.RemoveFlags = mailbox.NewFlags("x") })),
			rule("u", rules.All(has("x"), word), away), // a rival, if the text is known
			rule("v", rules.All(age(t, "newer_than", "4h"), word), away),
		}, 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			b := tracking(newBox("INBOX", "Old"))
			m := b.put("INBOX", "a") // an hour ago
			m.Texts = map[*message.TextTest]message.Verdict{}
			for _, r := range c.rules {
				for _, text := range r.Match.Needs().Texts {
					m.Texts[text] = message.Fails
				}
			}
			m.Texts[word.Needs().Texts[0]] = message.Passes
			a := &config.Account{Address: "account.test", Rules: c.rules}
			_, verdicts := b.planBy(t, a, clock, nil)
			until := fmt.Sprintf(`"due":[{"at":%q,"messages":"1"}]`, clock.Add(c.want).Format(time.RFC3339))
			if c.want == 0 {
				until = `"due"`
			}
			if verdicts == nil || strings.Contains(string(verdicts), until) == (c.want == 0) {
				t.Errorf("want %s in %s", until, verdicts)
			}
		})
	}
}

// However often a verdict is renewed for the sake of others, no message is taken at its word
// for longer than a month.
func TestVerdictsEnd(t *testing.T) {
	b := tracking(newBox("INBOX", "Old"))
	b.put("INBOX", "a")
	b.put("INBOX", "b")
	b.changed = map[mailbox.Name]map[imap.UID]uint64{"INBOX": {}}
	a := &config.Account{Address: "account.test", Rules: []*rules.Rule{rule("r", subject("z"), moveTo("Old"))}}
	var verdicts []byte
	for day := range 40 {
		if day > 0 {
			m := b.put("INBOX", fmt.Sprint(day))
			f := b.folder("INBOX")
			f.HighestModSeq++
			b.changed["INBOX"][m.UID] = f.HighestModSeq
		}
		want := 1
		if day == 0 || day == 30 {
			want = 2 + day
		}
		b.told = 0
		if _, verdicts = b.planBy(t, a, clock.AddDate(0, 0, day), verdicts); b.told != want {
			t.Errorf("on day %d %d messages are told, want %d", day, b.told, want)
		}
	}
}

// A folder whose state is none that could follow is asked about as if nothing were known.
func TestVerdictDoesNotFollow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Folder)
		since  bool
	}{
		"new mail":                      {func(f *Folder) { f.UIDNext, f.HighestModSeq = f.UIDNext+1, f.HighestModSeq+1 }, true},
		"other flags":                   {func(f *Folder) { f.HighestModSeq++ }, true},
		"new mail without a change":     {func(f *Folder) { f.UIDNext++ }, false},
		"fewer messages without one":    {func(f *Folder) { f.Messages-- }, false},
		"a HIGHESTMODSEQ of before":     {func(f *Folder) { f.HighestModSeq-- }, false},
		"a UIDNEXT of before":           {func(f *Folder) { f.UIDNext, f.HighestModSeq = f.UIDNext-1, f.HighestModSeq+1 }, false},
		"UIDs that were given out anew": {func(f *Folder) { f.UIDValidity, f.HighestModSeq = f.UIDValidity+1, f.HighestModSeq+1 }, false},
		"no HIGHESTMODSEQ any more":     {func(f *Folder) { f.HighestModSeq = 0 }, false},
	} {
		b, a := quiet(t)
		_, verdicts := b.planBy(t, a, clock, nil)
		c.change(b.folder("INBOX"))
		p, _ := New(a, config.DefaultPolicy(), b.listing(), clock)
		p.Recall(verdicts)
		questions := p.Ask()
		if len(questions) != 1 || questions[0].Folder != "INBOX" || (questions[0].Since != nil) != c.since {
			t.Errorf("%s: asked %+v", name, questions)
		}
	}
}

// With errors there is nothing to remember, and nothing that is remembered counts.
func TestVerdictsOfNoPlan(t *testing.T) {
	b, a := quiet(t)
	_, verdicts := b.planBy(t, a, clock, nil)
	a.Rules[3].MoveTo = ref(mailbox.UseArchive.Token())
	made, diags, next := b.tryPlanBy(t, a, clock, verdicts)
	if made != nil || !diags.HasErrors() || next != nil || len(b.asked) > 0 {
		t.Errorf("planned %+v, %v, to remember %s", made, diags, next)
	}
}
