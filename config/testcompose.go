package config

import (
	"fmt"
	"mime"
	"path"
	"slices"
	"strings"
)

// compose writes the message that the arguments describe, with CRLF at the end of
// lines. What is not ASCII stands there as UTF-8 (RFC 6532).
func (m *messageBody) compose(number int) []byte {
	var header []headerField
	has := map[string]bool{}
	for _, f := range m.header {
		has[strings.ToLower(f.name)] = true
	}
	for _, f := range fieldArguments {
		if values := m.fields[f.name]; len(values) > 0 {
			header = append(header, headerField{f.field, strings.Join(values, ", ")})
		}
	}
	if dates := m.fields["date"]; len(dates) > 0 {
		header = append(header, headerField{"Date", dates[0]})
	} else if !m.noDate && !has["date"] {
		header = append(header, headerField{"Date", m.Received.UTC().Format(mailDate)})
	}
	if ids := m.fields["message_id"]; len(ids) > 0 {
		header = append(header, headerField{"Message-ID", ids[0]})
	} else if !m.noID && !has["message-id"] {
		header = append(header, headerField{"Message-ID", fmt.Sprintf("<%d@test.invalid>", number)})
	}
	mimeHeader, body := m.content(has["content-type"])
	var b strings.Builder
	for _, f := range slices.Concat(header, m.others(), mimeHeader) {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, f.value)
	}
	b.WriteString("\r\n" + withCRLF(body))
	return []byte(b.String())
}

// boundary stands between the parts of a message with attachments.
const boundary = "=_between_parts"

// others are the fields of header that are not about the text itself.
func (m *messageBody) others() []headerField {
	return slices.DeleteFunc(slices.Clone(m.header), func(f headerField) bool { return f.aboutContent() })
}

// aboutContent says whether the field is about what a part holds (RFC 2045 section 3).
func (f headerField) aboutContent() bool {
	return strings.HasPrefix(strings.ToLower(f.name), "content-")
}

// content is the body with the fields that say what it is; typed: the header says
// so itself. What the header says of the text goes with it into a part of its own
// where there are attachments.
func (m *messageBody) content(typed bool) (header []headerField, body string) {
	text := slices.DeleteFunc(slices.Clone(m.header), func(f headerField) bool { return !f.aboutContent() })
	if !typed {
		text = append(text, headerField{"Content-Type", "text/plain; charset=utf-8"}, headerField{"Content-Transfer-Encoding", "8bit"})
	}
	if len(m.attachments) == 0 {
		if typed {
			return text, m.body
		}
		return append([]headerField{{"MIME-Version", "1.0"}}, text...), m.body
	}
	var b strings.Builder
	part := func(fields []headerField, body string) {
		b.WriteString("--" + boundary + "\n")
		for _, f := range fields {
			b.WriteString(f.name + ": " + f.value + "\n")
		}
		b.WriteString("\n" + body + "\n")
	}
	part(text, m.body)
	for _, name := range m.attachments {
		part([]headerField{
			{"Content-Type", typeOf(name)},
			{"Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name})},
			{"Content-Transfer-Encoding", "base64"},
		}, "")
	}
	b.WriteString("--" + boundary + "--\n")
	return []headerField{{"MIME-Version", "1.0"}, {"Content-Type", `multipart/mixed; boundary="` + boundary + `"`}}, b.String()
}

// typeOf is the media type of an attached file, by the end of its name.
func typeOf(name string) string {
	if known, ok := attachmentTypes[strings.ToLower(path.Ext(name))]; ok {
		return known
	}
	return "application/octet-stream"
}

// attachmentTypes are the same on every machine, as those of package mime are not.
var attachmentTypes = map[string]string{
	".csv": "text/csv", ".html": "text/html", ".ics": "text/calendar", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
	".json": "application/json", ".p7s": "application/pkcs7-signature", ".pdf": "application/pdf", ".png": "image/png",
	".txt": "text/plain", ".vcf": "text/vcard", ".xml": "application/xml", ".zip": "application/zip",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
