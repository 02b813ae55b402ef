package message

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// Hostile parts must cost about what harmless ones do, as TestHostileTime has it for
// headers.
func TestHostilePartTime(t *testing.T) {
	const size = 1 << 16
	within := func(what string, do func()) {
		start := time.Now()
		do()
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%q took %v", what, took)
		}
	}
	texts := []string{
		"<", "<a", "<a ", "<p>", "<b><i>", "</", "</p>", "<!--", "<!-- -->", "<!", "<![CDATA[", "<?", "&", "&amp", "&#", "&#x1", "&a", "&CounterClockwiseContourIntegral;",
		"<script>", "<script><!--<script>", "</script", "<title>", "<textarea>", "<style></", "<noscript>", "<plaintext>", "<a b=", "<a b='c' ", "a=b ", "\"", "'",
		"=", "= ", "=\r", "=4", "==", "=\t\n", "YQ==", "Y", "\xc3", "\xff", "> ", ">", " \n", "-- \n", "a \n", "\u0301", "\x1b$B", "\x1b(", "a ",
	}
	for _, contentType := range []string{"text/html", "text/plain; format=flowed; delsp=yes", "text/html; charset=iso-2022-jp", "text/plain; charset=gb18030"} {
		for _, encoding := range []string{"8bit", "base64", "quoted-printable"} {
			p := textPart(contentType, encoding)
			for _, pattern := range texts {
				for _, before := range []string{"", "<script>", "<a b=\""} {
					body := before + strings.Repeat(pattern, size/len(pattern))
					within(contentType+" "+encoding+" "+before+" "+pattern, func() {
						if text, err := ReadText(p, strings.NewReader(body), size+100); err == nil {
							TextOf(text)
						}
					})
				}
			}
		}
	}
	var nested bytes.Buffer
	long := strings.Repeat("b", 60)
	for i := range maxDepth - 2 {
		nested.WriteString("Content-Type: multipart/mixed; boundary=" + long[:10+i] + "\n\n--" + long[:10+i] + "\n")
	}
	for _, before := range []string{
		"Content-Type: multipart/mixed; boundary=b\n\n", "Content-Type: message/rfc822\n\n", nested.String(),
		"Content-Type: text/plain; a", "Content-Disposition: attachment; filename=\"", "Content-Type: multipart/mixed; boundary=" + strings.Repeat("-", size/2) + "\n\n",
	} {
		for _, pattern := range []string{
			"\n", "-", "--", "\n--", "\n--b", "--" + long + "\n", "--" + long + "c\n", "\r", "\n\n", "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n",
			"a:b\n", "(", "\"", "\\", ";", "=", "a=b;", "a*0=b;", "a*1*=%41;", "*=", "\"a\" ", "(a)", "a ",
		} {
			raw := []byte(before + strings.Repeat(pattern, size/len(pattern)))
			within(before[:20]+" "+pattern, func() {
				if _, root, err := ParseMessage(raw); err == nil {
					for range root.Leaves() {
					}
				}
			})
		}
	}
}
