package plan

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

func TestDecodeForeign(t *testing.T) {
	good, err := Encode(everything())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, want string }{
		"empty":                 {"", "the file is empty"},
		"only a line end":       {" \r\n", "the file is empty"},
		"text":                  {"hello", "no saved plan of imapform: save a plan with"},
		"binary":                {"\x1f\x8b\x08\x00\x00", "no saved plan of imapform"},
		"a byte order mark":     {"\ufeff" + string(good), "no saved plan of imapform"},
		"Terraform's plan":      {"PK\x03\x04rest", "ZIP archive, as the saved plans of Terraform are"},
		"Terraform's JSON":      {`{"format_version":"1.2","terraform_version":"1.9.0"}`, "JSON of Terraform"},
		"other JSON":            {`{"a":[1,2]}`, "what -json writes is for reading"},
		"JSON, cut":             {`{"a":[1,2`, "no saved plan of imapform (unexpected end"},
		"JSON lines":            {"{}\n{}", "no saved plan of imapform (invalid"},
		"a list":                {`[]`, "no saved plan of imapform"},
		"another format":        {`{"format":7}`, "no saved plan of imapform"},
		"newer":                 {strings.Replace(string(good), `"1.0"`, `"1.1"`, 1), `newer imapform ("imapform 1.2.0"; its format is 1.1, and this one reads 1.0)`},
		"much newer":            {`{"format":"imapform plan","format_version":"10.0","what":[]}`, "newer imapform"},
		"older":                 {`{"format":"imapform plan","format_version":"0.9"}`, "older imapform"},
		"no version":            {`{"format":"imapform plan"}`, `"" is no format version`},
		"a strange version":     {`{"format":"imapform plan","format_version":"1.x"}`, `"1.x" is no format version`},
		"no checksum":           {`{"format":"imapform plan","format_version":"1.0"}`, "no checksum"},
		"line end converted":    {strings.TrimSuffix(string(good), "\n") + "\r\n", "checksum is not that"},
		"line end lost":         {strings.TrimSuffix(string(good), "\n"), "checksum is not that"},
		"something after it":    {string(good) + "\n", "checksum is not that"},
		"spaces":                {strings.Replace(string(good), `,"tool"`, `, "tool"`, 1), "checksum is not that"},
		"a UID edited":          {strings.Replace(string(good), `"uids":"12"`, `"uids":"13"`, 1), "checksum is not that"},
		"the checksum edited":   {string(good[:len(good)-5]) + "xy" + string(good[len(good)-3:]), "checksum is not that"},
		"twice":                 {string(good) + string(good), "invalid character"},
		"cut, then an ending":   {string(good[:400]) + `"}` + "\n", "damaged"},
		"too large":             {string(good) + strings.Repeat(" ", MaxFileSize), "no saved plan has more than"},
		"too large and foreign": {strings.Repeat("x", MaxFileSize+1), "no saved plan has more than"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Decode([]byte(c.data))
			if f != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", f, err, c.want)
			}
			if err != nil && (len(err.Error()) > 500 || !strings.Contains(err.Error(), "plan -out=FILE") && !strings.Contains(err.Error(), "make a new plan")) {
				t.Errorf("the error does not say in short what to do: %v", err)
			}
		})
	}
}

// Wherever a file is cut, and whichever of its octets changes, it is refused.
func TestDecodeDamaged(t *testing.T) {
	good, err := os.ReadFile("testdata/saved.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(good); i += 1 + i%7 {
		if _, err := Decode(good[:i]); err == nil {
			t.Errorf("cut at %d it is read", i)
		}
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		if _, err := Decode(flipped); err == nil {
			t.Errorf("with bit %d flipped it is read", 8*i)
		}
	}
}

// Files with the right checksum that make no sense.
func TestDecodeSense(t *testing.T) {
	good, err := os.ReadFile("testdata/saved.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"tool":"`, `"unknown":1,"tool":"`, `unknown field "unknown"`},
		{`"tool":"`, `"` + strings.Repeat("x", 10_000) + `":1,"tool":"`, "unknown field \"xxx"},
		{`"uids":"9"`, `"uids":"9","subject":""`, `unknown field "subject"`},
		{`"tool":"`, `"TOOL":"x","tool":"`, "not written as imapform writes it"},
		{`"tool":"`, `"tool":"x","tool":"`, "not written as imapform writes it"},
		{`,"hidden":`, `, "hidden":`, "not written as imapform writes it"},
		{`"children":2,`, `"children":2,"to":"Lists/News",`, "not written as imapform writes it"},
		{`"rename":{"from":"x"`, `"create":null,"rename":{"from":"x"`, "not written as imapform writes it"},
		{`"trash":true`, `"trash":1`, "cannot unmarshal"},
		{`"messages":214,"subscribed"`, `"messages":-1,"subscribed"`, "cannot unmarshal"},
		{`"uidvalidity":3`, `"uidvalidity":4294967296`, "cannot unmarshal"},
		{`"id":"01HZX-abc"`, `"id":""`, "no id of a plan"},
		{`"id":"01HZX-abc"`, `"id":"../x"`, "no id of a plan"},
		{`"tool":"imapform 1.2.0"`, `"tool":""`, "what made it"},
		{`2026-11-21T12:00:00Z`, `0001-01-01T00:00:00Z`, "when it was made"},
		{`2026-11-21T12:00:00Z`, `2026-11-21T12:00:00+00:00`, "not written as imapform writes it"},
		{`2026-11-21T12:00:00Z`, `yesterday`, "parsing time"},
		{`"hidden":{"targets":["rule.go"],"excludes":["folder.*"],"steps":2`, `"hidden":{"steps":-2`, "below zero"},
		{`"address":"account.local"`, `"address":"account.work"`, "two plans of account.work"},
		{`"address":"account.local"`, `"address":""`, "without an address"},
		{`"maildir":"/home/ada/Maildir"`, `"maildir":"/home/ada/Maildir","port":1`, "what only a host has"},
		{`"maildir":"/home/ada/Maildir"`, `"port":1`, "neither a host nor a maildir"},
		{`"port":993`, `"port":70000`, "70000 is no port"},
		{`"username_sensitive":true`, `"username":"ada","username_sensitive":true`, "username that is sensitive"},
		{`"username_sensitive":true,"inbox_uidvalidity":1`, `"username_sensitive":true`, "could not be recognised"},
		{`"use":"trash","name":"Bin"}]`, `"use":"bin","name":"Bin"}]`, "no special use"},
		{`"use":"trash","name":"Bin"}]`, `"use":"","name":"Bin"}]`, "without its folder"},
		{`"name":"Bin","use":"trash"`, `"name":"Bin","use":"bin"`, "no special use"},
		{`{"name":"News","uidv`, `{"name":"INBOX","uidv`, "described twice"},
		{`{"name":"News","uidv`, `{"name":"Newt","uidv`, `does not say how it found folder "News"`},
		{`{"name":"Lists","uidv`, `{"name":"","uidv`, "without a name"},
		{`"name":"Lists/Go","subscribed":true`, `"name":"","subscribed":true`, "has no name"},
		{`"create":{"name":"Lists/Go"}`, `"create":{"name":"Lists//Go"}`, "empty level"},
		{`"create":{"name":"Lists/Go"}`, `"create":{"name":"inbox"}`, "canonical form"},
		{`"create":{"name":"Lists/Go"}`, "\"create\":{\"name\":\"u\u0308\"}", "canonical form"},
		{`"create":{"name":"Lists/Go"}`, "\"create\":{\"name\":\"\xff\"}", "not written as imapform writes it"},
		{`"create":{"name":"Lists/Go"}`, `"create":{"name":"Lists/Go"},"remove":{"name":"x"}`, "a step with 2 operations"},
		{`"create":{"name":"Lists/Go"}`, `"delete":{"name":"Lists/Go"}`, `unknown field "delete"`},
		{`,"create":{"name":"Lists/Go"}`, ``, "a step with 0 operations"},
		{`"create":{"name":"Lists/Go"}`, `"remove":{"name":"Lists/Go"}`, "step 5: it comes after steps"},
		{`"set":{"name":"Old","subscribed":false}`, `"rename":{"from":"x","to":"y"}`, "step 11: it comes after steps"},
		{`"remove":{"name":"Empty"}`, `"remove":{"name":"INBOX"}`, "INBOX cannot be removed"},
		{`"via":["Lists/Go"`, `"via":["Lists//Go"`, "empty level"},
		{`"was":"INBOX","add":`, `"was":"INBOX","via":["A"],"add":`, "stay, and are on their way"},
		{`"was":"INBOX","add":`, `"was":"INBOX","finish":true,"add":`, "are not moved, and have a destination"},
		{`"rename":{"from":"x"`, `"rename":{"from":"INBOX"`, "INBOX cannot be renamed"},
		{`"from":"x","to":"y"`, `"from":"x","to":"x/y"`, "cannot be renamed to"},
		{`"children":2`, `"children":-2`, "below zero"},
		{`"subscribed":["News"`, `"subscribed":["Bin"`, "does not lie in"},
		{`{"block":"moved"}`, `{}`, "a cause without"},
		{`"at":"main.imap.hcl:10"`, `"at":"main.imap.hcl"`, "no place in a file"},
		{`"at":"main.imap.hcl:10"`, `"at":":10"`, "no place in a file"},
		{`"at":"main.imap.hcl:10"`, `"at":"main.imap.hcl:010"`, "not written as imapform writes it"},
		{`"at":"main.imap.hcl:51"`, `"at":"x"`, "no place in a file"},
		{`"rail":"protected","detail":"no"`, `"rail":"protected","detail":""`, "a rail without"},
		{`"looked":12000,"messages":11`, `"looked":-1,"messages":11`, "below zero"},
		{`"reason":"no value for move_to","messages":6`, `"reason":"no value for move_to","messages":-6`, "below zero"},
		{`{"rule":"rule.done","messages":2}`, `{"rule":"","messages":2}`, "without its rule"},
		{`"watched":["$Done","\\Seen"]`, `"watched":["\\Seen","$Done"]`, "not sorted"},
		{`"watched":["$Done","\\Seen"]`, `"watched":["$Done","$done"]`, "not sorted"},
		{`"watched":["*"]`, `"watched":[""]`, "not written as imapform writes it"},
		{`"copies":["A","Ü/日本"]`, `"copies":["A","A"]`, "cannot be copied to"},
		{`"copies":["A","Ü/日本"]`, `"copies":["Lists/News"]`, "cannot be copied to"},
		{`"copies":["A","Ü/日本"],`, ``, "nothing is to be done"},
		{`"away":"permanent"`, `"away":"nuke"`, "no way for messages"},
		{`"away":"permanent"`, `"away":"permanent","to":"x"`, "have a destination"},
		{`"to":"Bin","trash"`, `"to":"INBOX","trash"`, "cannot be moved there"},
		{`"to":"Bin","trash"`, `"trash"`, "has no name"},
		{`"add":["\\Seen"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft) +(\\Seen)"]`, `"add":["\\Deleted"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft)"]`, "no flag that a plan can change"},
		{`"add":["\\Seen"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft) +(\\Seen)"]`, `"add":["a)\r\nx"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft)"]`, "is no flag"},
		{`"add":["\\Seen"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft) +(\\Seen)"]`, `"add":["a]"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft)"]`, "no flag that a plan can change"},
		{`"add":["\\Seen"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft) +(\\Seen)"]`, `"add":["*"],"uids":"11","digests":"pE7QbN/ryeg","flags":["(\\Draft)"]`, "no flag that a plan can change"},
		{`"add":["\\Seen"]`, `"add":[""]`, "is no flag"},
		{`"add":["\\Seen"]`, `"add":["\\Seen"],"remove":["\\seen"]`, "not sorted"},
		{`"add":["\\Seen"]`, `"add":["\\Seen"],"remove":["\\Seen"]`, "both added and removed"},
		{`"add":["\\Seen"]`, `"add":["$x"]`, "others than those of their step"},
		{`"uids":"9"`, `"uids":""`, "is no number"},
		{`"uids":"9"`, `"uids":"0"`, "not in ascending order"},
		{`"uids":"9"`, `"uids":"-1"`, "is no number"},
		{`"uids":"9"`, `"uids":"*"`, "is no number"},
		{`"uids":"9"`, `"uids":"1:4294967295"`, "is no number"},
		{`"uids":"9"`, `"uids":"1+4294967294"`, "more UIDs than digests"},
		{`"uids":"9"`, `"uids":"4294967295+4294967295"`, "larger than UIDs"},
		{`"uids":"9"`, `"uids":"9,1"`, "more UIDs than digests"},
		{`"uids":"9"`, `"uids":"09"`, "not written as imapform writes it"},
		{`"uids":"9"`, `"uids":"9+0"`, "not written as imapform writes it"},
		{`"uids":"5+3,`, `"uids":"5+2,1,`, "not written as imapform writes it"},
		{`"uids":"5+3,`, `"uids":"5+2,`, "it has 4 UIDs and 5 digests"},
		{`"uids":"5+3,`, `"uids":"5+3,0,`, "not in ascending order"},
		{`"uids":"5+3,3999999992"`, `"uids":"5+3,4294967295"`, "larger than UIDs"},
		{`"digests":"25Ouydy3+7I"`, `"digests":""`, "for no message"},
		{`"digests":"25Ouydy3+7I"`, `"digests":"25Ouydy3+7I="`, "no base64"},
		{`"digests":"25Ouydy3+7I"`, `"digests":"25Ouydy3+7J"`, "no base64"},
		{`"digests":"25Ouydy3+7I"`, `"digests":"25Ou"`, "not eight a message"},
		{`"flags":["()"],"runs":"0"`, `"flags":["()"],"runs":"1"`, "the combination 1 of flags"},
		{`"flags":["()"],"runs":"0"`, `"flags":["()"],"runs":"0x0"`, "another number of messages"},
		{`"flags":["()"],"runs":"0"`, `"flags":["()"],"runs":"0x4294967295"`, "another number of messages"},
		{`"flags":["()"],"runs":"0"`, `"flags":["()"],"runs":"0x1"`, "not written as imapform writes it"},
		{`"flags":["()"],"runs":"0"`, `"flags":["()","()"],"runs":"0"`, "2 combinations of flags for 1 messages"},
		{`"flags":["()"],"runs":"0"`, `"flags":[],"runs":"0"`, "the combination 0 of flags"},
		{`"flags":["()"],"runs":"0"`, `"flags":["() "],"runs":"0"`, "no combination of flags"},
		{`"flags":["()"],"runs":"0"`, `"flags":["("],"runs":"0"`, "no combination of flags"},
		{`"flags":["()"],"runs":"0"`, `"flags":["() +(x)"],"runs":"0"`, "others than those"},
		{`"flags":["()"],"runs":"0"`, `"flags":[""],"runs":"0"`, "no combination of flags"},
		{`"flags":["()"],"runs":"0"`, `"flags":["(a  b)"],"runs":"0"`, "is no flag"},
		{`"flags":["()"],"runs":"0"`, `"flags":["(b a)"],"runs":"0"`, "not sorted"},
		{`"flags":["()"],"runs":"0"`, `"flags":["() +()"],"runs":"0"`, "not written as imapform writes it"},
		{`"flags":["(\\Seen)","()"],"runs":"0,1x2"`, `"flags":["(\\Seen)","()"],"runs":"1,0x2"`, "not written as imapform writes it"},
		{`"flags":["(\\Seen)","()"],"runs":"0,1x2"`, `"flags":["(\\Seen)","()"],"runs":"0,1"`, "flags for 2 messages and 3 digests"},
		{`"steps":[{"because":[{"address":"folder.news"`, `"steps":{},"steps":[{"because":[{"address":"folder.news"`, "where a list must be"},
	} {
		t.Run(fmt.Sprintf("%.80s", c.new), func(t *testing.T) {
			if !bytes.Contains(good, []byte(c.old)) {
				t.Fatalf("the file does not hold %s", c.old)
			}
			data := sealed(bytes.Replace(good, []byte(c.old), []byte(c.new), 1))
			f, err := Decode(data)
			if f != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", f, err, c.want)
			}
			if err != nil && (len(err.Error()) > 1000 || !strings.Contains(err.Error(), "make a new plan")) {
				t.Errorf("the error does not say in short what to do: %v", err)
			}
		})
	}
}

// sealed gives a file the right checksum.
func sealed(data []byte) []byte {
	i := bytes.LastIndex(data, []byte(sumOpen))
	return seal(bytes.Clone(data[:max(i, 0)]))
}

func TestEncodeRefuses(t *testing.T) {
	move := func(change func(*File)) func(*Saved) {
		return func(f *Saved) {
			op := File{Folder: "INBOX", Was: "INBOX", Away: AwayMove, To: "A", Messages: []Message{{UID: 1}}}
			change(&op)
			f.Accounts[0].Plan.Steps = []Step{{Op: op}}
		}
	}
	for name, c := range map[string]struct {
		change func(*Saved)
		want   string
	}{
		"another version":        {func(f *Saved) { f.FormatVersion = "" }, "format version"},
		"no id":                  {func(f *Saved) { f.ID = "" }, "no id"},
		"another clock":          {func(f *Saved) { f.Accounts[0].Plan.Made = clock.Add(1) }, "account.work was made at"},
		"a year without a name":  {func(f *Saved) { f.Made = time.Unix(1<<40, 0); f.Accounts = nil }, "year outside of range"},
		"a path that is no text": {func(f *Saved) { f.Accounts[2].Place.Maildir = "/\xff" }, "not written as imapform writes it"},
		"a name that is no text": {move(func(op *File) { op.To = "\xff" }), "not written as imapform writes it"},
		"a flag that is no text": {func(f *Saved) {
			move(func(op *File) { op.Messages[0].Flags = mailbox.Flags{"\xff"} })(f)
			f.Accounts[0].Plan.Watched = mailbox.EveryFlag()
		}, "not written as imapform writes it"},
		"no operation":          {func(f *Saved) { f.Accounts[0].Plan.Steps = []Step{{}} }, "step 1: <nil> is no operation"},
		"a strange way":         {move(func(op *File) { op.Away = 3 }), "3 is no way"},
		"no messages":           {move(func(op *File) { op.Messages = nil }), "for no message"},
		"a UID of zero":         {move(func(op *File) { op.Messages[0].UID = 0 }), "ascending order"},
		"a UID twice":           {move(func(op *File) { op.Messages = []Message{{UID: 1}, {UID: 1}} }), "ascending order"},
		"UIDs out of order":     {move(func(op *File) { op.Messages = []Message{{UID: 2}, {UID: 1}} }), "ascending order"},
		"a flag not the step's": {move(func(op *File) { op.Messages[0].Add = mailbox.Flags{imap.FlagSeen} }), "others than those of their step"},
		"too much":              {func(f *Saved) { f.Tool = strings.Repeat("x", MaxFileSize) }, "save one account at a time"},
	} {
		t.Run(name, func(t *testing.T) {
			f := everything()
			c.change(f)
			data, err := Encode(f)
			if data != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %d octets, %v; want an error with %q", len(data), err, c.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "save the plan: ") {
				t.Errorf("the error does not say what was done: %v", err)
			}
		})
	}
}

// What a hostile file can cost is bounded by its size.
func TestDecodeHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("megabytes")
	}
	const n = 200_000
	digests := func(n int) string { return base64.RawStdEncoding.EncodeToString(make([]byte, 8*n)) }
	file := func(columns string) string {
		return `"folders":[{"name":"INBOX","uidvalidity":1,"uidnext":1,"messages":0}],"steps":[{"file":{"folder":"INBOX","was":"INBOX","away":"permanent",` + columns + `}}]`
	}
	var many strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&many, " %06d", i)
	}
	alternating := strings.Repeat("0,1,", 50_000/2-1) + "0,1x1" // refused when all else was read
	for name, inside := range map[string]string{
		"objects of nothing": `"steps":[` + strings.Repeat("{},", n) + "{}]",
		"folders of nothing": `"folders":[` + strings.Repeat("{},", n) + "{}]",
		"numbers":            `"folders":[` + strings.Repeat("0,", n) + "0]",
		"empty flags":        `"watched":[` + strings.Repeat(`"",`, n) + `""]`,
		"nesting":            `"steps":` + strings.Repeat("[", n),
		"combinations":       file(`"uids":"1","digests":"` + digests(1) + `","flags":[` + strings.Repeat(`"()",`, n) + `"()"],"runs":"0"`),
		"a range of UIDs":    file(`"uids":"1+4294967294","digests":"` + digests(1) + `","flags":["()"],"runs":"0"`),
		"flags of all":       file(`"uids":"1+49999","digests":"` + digests(50_000) + `","flags":["(` + many.String()[1:] + `)","()"],"runs":"` + alternating + `"`),
		"destinations":       `"steps":[{"file":{"copies":["x` + strings.ReplaceAll(many.String()[1:], " ", `","`) + `"]}}]`,
		"levels":             `"steps":[{"remove":{"name":"` + strings.Repeat("/", n) + `"}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			data := seal([]byte(`{"format":"imapform plan","format_version":"1.0","tool":"x","id":"x","made":"2026-11-21T12:00:00Z","accounts":[{"address":"account.x","mailbox":{"maildir":"/x"},` + inside + `}]`))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := Decode(data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("it is read")
			}
			if most := 64*uint64(len(data)) + 1<<20; after.TotalAlloc-before.TotalAlloc > most {
				t.Errorf("%d octets took %d of memory", len(data), after.TotalAlloc-before.TotalAlloc)
			}
			t.Logf("%d octets: %v, %d octets of memory, %.100s", len(data), took, after.TotalAlloc-before.TotalAlloc, err)
		})
	}
}
