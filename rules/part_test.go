package rules

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

var textMail = &message.Part{Type: "text", Subtype: "plain", Charset: "us-ascii", Params: map[string]string{"charset": "us-ascii"}}

// mailWithFiles has text in two forms, an invitation, a picture within it and two
// files.
var mailWithFiles = &message.Part{Type: "multipart", Subtype: "mixed", Params: map[string]string{"boundary": "x"}, Children: []*message.Part{
	{Type: "multipart", Subtype: "alternative", Children: []*message.Part{
		{Type: "text", Subtype: "plain", Charset: "utf-8", Params: map[string]string{"charset": "utf-8", "format": "flowed"}},
		{Type: "text", Subtype: "html", Charset: "iso-8859-1", Params: map[string]string{"charset": "iso-8859-1"}},
		{Type: "text", Subtype: "calendar", Charset: "utf-8", Params: map[string]string{"charset": "utf-8", "method": "REQUEST"}},
	}},
	{Type: "image", Subtype: "gif", Disposition: "inline", Name: "logo.gif"},
	{Type: "application", Subtype: "pdf", Name: "Größe 17.PDF", Size: 1000},
	{Type: "message", Subtype: "rfc822", Disposition: "attachment", Size: 500, Children: []*message.Part{
		{Type: "image", Subtype: "png", Disposition: "attachment", Name: "within.png", Size: 20},
	}},
}}

func ofStructure(p *message.Part) *message.Message {
	return &message.Message{Known: message.Parts{Structure: true}, Structure: p}
}

func TestPart(t *testing.T) {
	tests := []struct {
		value cty.Value
		want  Truth
	}{
		{obj("type", str("text/calendar")), True},
		{obj("type", str("TEXT/Calendar")), True},
		{obj("type", str("calendar")), True},
		{obj("type", obj("is", str("calendar"))), False},
		{obj("type", obj("is", str("text/html"), "case", cty.True)), True},
		{obj("type", obj("glob", str("image/*"))), True},
		{obj("type", strs("video/", "image/")), True},
		{obj("type", obj("prefix", str("video/"))), False},
		{obj("type", str("multipart")), False}, // no leaf
		{obj("name", str("größe")), True},
		{obj("name", str("grösse")), False}, // simple folding
		{obj("name", str("GRÖßE")), True},
		{obj("name", obj("suffix", str(".pdf"))), True},
		{obj("name", obj("suffix", str(".pdf"), "case", cty.True)), False},
		{obj("name", obj("regex", str("[0-9]+[.]PDF$"))), True},
		{obj("name", obj("at_least", num(17))), True},
		{obj("name", obj("exists", cty.False), "type", str("image/")), False},
		{obj("name", obj("exists", cty.True), "type", str("image/gif")), True},
		{obj("name", tuple(str("x"), obj("exists", cty.False)), "type", str("html")), True},
		{obj("charset", str("iso-8859")), True},
		{obj("charset", strs("koi8", "gb2312")), False},
		{obj("charset", obj("exists", cty.False), "type", str("text/")), False},
		{obj("params", obj("method", str("request"))), True},
		{obj("params", obj("METHOD", obj("is", str("request")))), True},
		{obj("params", mapOf("method", str("cancel"))), False},
		{obj("params", obj("method", obj("exists", cty.True), "format", obj("exists", cty.True))), False},
		{obj("params", obj("method", obj("exists", cty.False), "format", obj("exists", cty.True))), True},
		{obj("params", obj("boundary", obj("exists", cty.True))), False},

		// All keys hold for one part, and lists for any of their elements.
		{obj("type", str("html"), "charset", str("iso-8859-1")), True},
		{obj("type", str("plain"), "charset", str("iso-8859-1")), False},
		{obj("type", str("text/"), "charset", str("utf-8"), "params", obj("method", str("REQUEST"))), True},
		{obj("type", str("html"), "name", null()), True},
		{tuple(obj("type", str("video/")), obj("type", str("html"))), True},
		{tuple(obj("type", str("video/")), obj("type", str("audio/"))), False},
	}
	for _, test := range tests {
		c := compiled(t, "part", test.value)
		if got := judge(t, c, ofStructure(mailWithFiles)); got != test.want {
			t.Errorf("part = %#v: %v; want %v", test.value, got, test.want)
		}
		if got, not := judge(t, c, ofStructure(nil)), judge(t, Not(c), ofStructure(nil)); got != Unknown || not != Unknown {
			t.Errorf("part = %#v of a structure that makes no sense: %v and %v; want Unknown", test.value, got, not)
		}
	}
}

func TestAttachment(t *testing.T) {
	tests := []struct {
		value             cty.Value
		mail, files, none Truth // plain text, many parts, a structure that makes no sense
	}{
		{cty.True, False, True, Unknown},
		{cty.False, True, False, Unknown},
		{obj("name", str("größe")), False, True, Unknown},
		{obj("name", obj("suffix", str(".pdf"))), False, True, Unknown},
		{obj("name", str("logo")), False, False, Unknown}, // inline
		{obj("name", str("within")), False, True, Unknown},
		{obj("name", obj("exists", cty.False)), False, True, Unknown}, // the message
		{obj("name", obj("exists", cty.False), "type", str("pdf")), False, False, Unknown},
		{obj("type", str("application/pdf")), False, True, Unknown},
		{obj("type", str("image/png"), "name", obj("suffix", str("pdf"))), False, False, Unknown},
		{obj("type", str("text/")), False, False, Unknown}, // no attachments
		{obj("type", obj("is", str("message/rfc822"))), False, True, Unknown},
		{tuple(obj("type", str("zip")), obj("name", str("17"))), False, True, Unknown},
	}
	for _, test := range tests {
		c := compiled(t, "attachment", test.value)
		for _, on := range []struct {
			structure *message.Part
			want      Truth
		}{{textMail, test.mail}, {mailWithFiles, test.files}, {nil, test.none}} {
			if got, not := judge(t, c, ofStructure(on.structure)), judge(t, Not(c), ofStructure(on.structure)); got != on.want || not != on.want.Not() {
				t.Errorf("attachment = %#v on %+v: %v and %v; want %v", test.value, on.structure, got, not, on.want)
			}
		}
	}
	if has, none := compiled(t, "attachment", cty.True), compiled(t, "attachment", cty.False); !Never(All(has, none)) || !Covers(Not(has), none) {
		t.Error("true and false are not taken for opposites")
	}
}

func TestStructureNeeds(t *testing.T) {
	for name, v := range map[string]cty.Value{"part": obj("type", str("html")), "attachment": cty.False} {
		truth, missing := compiled(t, name, v).Judge(mailWith(t), now)
		if want := (message.Parts{Structure: true}); truth != Unknown || !missing.Covers(want) || !want.Covers(missing) {
			t.Errorf("%s: %v, missing %+v", name, truth, missing)
		}
	}
}

func TestAttachments(t *testing.T) {
	if got := attachments.Value(ofStructure(nil), nil); got.IsKnown() || !got.Type().Equals(attachments.Type) {
		t.Errorf("of a structure that makes no sense: %#v", got)
	}
	file := func(name cty.Value, typ string, size int64) cty.Value {
		return obj("name", name, "type", str(typ), "size", cty.NumberIntVal(size))
	}
	for _, test := range []struct {
		structure *message.Part
		want      cty.Value
	}{
		{textMail, cty.ListValEmpty(attachmentType)},
		{mailWithFiles, cty.ListVal([]cty.Value{
			file(str("Größe 17.PDF"), "application/pdf", 1000),
			file(cty.NullVal(cty.String), "message/rfc822", 500),
			file(str("within.png"), "image/png", 20),
		})},
	} {
		if got := attachments.Value(ofStructure(test.structure), nil); !got.RawEquals(test.want) || !got.Type().Equals(attachments.Type) {
			t.Errorf("of %+v:\n got %#v\nwant %#v", test.structure, got, test.want)
		}
	}
}
