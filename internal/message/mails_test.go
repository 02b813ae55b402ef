package message

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// mails are as programs write them.
var mails = []struct {
	name, raw   string
	readable    []string // as TextOf makes them
	attachments []string
}{
	{
		name: "Outlook, a picture within and a file",
		raw: `From: "Lovelace, Ada" <ada@example.com>
Subject: Angebot
Content-Language: de-DE
X-MS-Has-Attach: yes
Content-Type: multipart/mixed;
	boundary="_005_AM0PR01MB1_"
MIME-Version: 1.0

--_005_AM0PR01MB1_
Content-Type: multipart/related;
	boundary="_004_AM0PR01MB1_"; type="multipart/alternative"

--_004_AM0PR01MB1_
Content-Type: multipart/alternative;
	boundary="_000_AM0PR01MB1_"

--_000_AM0PR01MB1_
Content-Type: text/plain; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe =96 das Angebot =FCber 5 =80 liegt bei.

--_000_AM0PR01MB1_
Content-Type: text/html; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

<html xmlns:o=3D"urn:schemas-microsoft-com:office:office"><head>
<meta http-equiv=3D"Content-Type" content=3D"text/html; charset=3DWindows-12=
52"><title>x</title>
<!--[if gte mso 9]><xml></xml><![endif]--><style><!-- p {margin:0} --></style></head>
<body><p class=3D"MsoNormal">Gr=FC=DFe =96 das <b>An</b>gebot &#252;ber 5&nbsp;&=
euro; liegt bei.<o:p></o:p></p></body></html>

--_000_AM0PR01MB1_--

--_004_AM0PR01MB1_
Content-Type: image/png; name="image001.png"
Content-Description: image001.png
Content-Disposition: inline; filename="image001.png"; size=3;
	creation-date="Mon, 06 May 2024 10:00:00 GMT"
Content-ID: <image001.png@01>
Content-Transfer-Encoding: base64

AAAA

--_004_AM0PR01MB1_--

--_005_AM0PR01MB1_
Content-Type: application/pdf; name="=?iso-8859-1?Q?Angebot_f=FCr_Sie.pdf?="
Content-Disposition: attachment;
	filename="=?iso-8859-1?Q?Angebot_f=FCr_Sie.pdf?="; size=3
Content-Transfer-Encoding: base64

AAAA

--_005_AM0PR01MB1_--
`,
		readable:    []string{"Grüße – das Angebot über 5 € liegt bei.", "Grüße – das Angebot über 5 € liegt bei."},
		attachments: []string{"Angebot für Sie.pdf"},
	},
	{
		name: "Gmail",
		raw: `Subject: hi
Content-Type: multipart/mixed; boundary="000000000000abc"

--000000000000abc
Content-Type: multipart/alternative; boundary="000000000000def"

--000000000000def
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: base64

R3LDvMOfZQ0K
--000000000000def
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">Gr=C3=BC=C3=9Fe<br></div>

--000000000000def--
--000000000000abc
Content-Type: text/plain; charset="US-ASCII"; name="notes.txt"
Content-Disposition: attachment; filename="notes.txt"
Content-Transfer-Encoding: base64
X-Attachment-Id: f_1

c2VjcmV0
--000000000000abc--
`,
		readable:    []string{"Grüße", "Grüße"},
		attachments: []string{"notes.txt"},
	},
	{
		name: "Apple Mail, text in two pieces around a picture",
		raw: `Subject: hi
Content-Type: multipart/alternative; boundary="Apple-Mail=_A"

--Apple-Mail=_A
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
	charset=us-ascii

before

after

--Apple-Mail=_A
Content-Type: multipart/mixed;
	boundary="Apple-Mail=_B"


--Apple-Mail=_B
Content-Transfer-Encoding: 7bit
Content-Type: text/html;
	charset=us-ascii

<html><body style="word-wrap: break-word;">before<div><br></div></body></html>
--Apple-Mail=_B
Content-Disposition: inline;
	filename*=utf-8''Bu%CC%88ro.jpeg
Content-Type: image/jpeg;
	x-unix-mode=0644;
	name="=?utf-8?Q?Bu=CC=88ro=2Ejpeg?="
Content-Transfer-Encoding: base64

AAAA
--Apple-Mail=_B
Content-Type: text/html; charset=us-ascii

<html><body>after</body></html>
--Apple-Mail=_B--

--Apple-Mail=_A--
`,
		readable: []string{"before after", "before", "after"},
	},
	{
		name: "Thunderbird, flowed, with a message attached",
		raw: `Subject: Fwd
Content-Type: multipart/mixed; boundary="------------b"

This is a multi-part message in MIME format.
--------------b
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

> the invoice 
> number is ` + `
> 17
see below

--------------b
Content-Type: message/rfc822; charset=UTF-8; name="Rechnung.eml"
Content-Disposition: attachment; filename="Rechnung.eml"
Content-Transfer-Encoding: 7bit

Subject: Rechnung
Content-Type: multipart/mixed; boundary="c"

--c

unread
--c
Content-Type: application/pdf; name=a.pdf

x
--c--

--------------b--
`,
		readable:    []string{"> the invoice number is 17 see below"},
		attachments: []string{"Rechnung.eml", "a.pdf"},
	},
	{
		name: "a message that came back",
		raw: `Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary="b/1"

This is a MIME-encapsulated message.

--b/1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you

--b/1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

--b/1
Content-Description: Undelivered Message
Content-Type: message/rfc822

Subject: hello
Content-Type: text/plain; charset=iso-8859-15
Content-Transfer-Encoding: quoted-printable

5 =A4

--b/1--
`,
		readable: []string{"I'm sorry to have to inform you", "5 €"},
	},
	{
		name: "mailing list with its own lines",
		raw: `Subject: [list] a
List-Id: <list.example.com>
Content-Type: multipart/mixed; boundary="===============1=="

--===============1==
Content-Type: multipart/signed; micalg="pgp-sha1"; protocol="application/pgp-signature"; boundary="x"

--x
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: base64

8NLJ18XU
--x
Content-Type: application/pgp-signature; name="signature.asc"
Content-Description: Digital signature

-----BEGIN PGP SIGNATURE-----
--x--

--===============1==
Content-Type: text/plain; charset="us-ascii"
MIME-Version: 1.0
Content-Disposition: inline

_______________________________________________
list mailing list
--===============1==--
`,
		readable:    []string{"Привет", "_______________________________________________ list mailing list"},
		attachments: []string{"signature.asc"},
	},
	{
		name: "Japanese",
		raw: "Subject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\nContent-Type: text/plain; charset=ISO-2022-JP\n" +
			"Content-Transfer-Encoding: 7bit\n\n\x1b$BF|K\\\x1b(B\n\x1b$BF|K\\\x1b(B\n",
		readable: []string{"日本 日本"},
	},
	{
		name: "Chinese, with a name in GB 18030",
		raw: "Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset=gb18030\nContent-Transfer-Encoding: base64\n\n" +
			"PGRpdj7E47rDPC9kaXY+\n--b\nContent-Type: application/octet-stream; name=\"=?gb18030?B?xOO6wy50eHQ=?=\"\n" +
			"Content-Disposition: attachment; filename=\"=?gb18030?B?xOO6wy50eHQ=?=\"\n\nx\n--b--\n",
		readable:    []string{"你好"},
		attachments: []string{"你好.txt"},
	},
	{
		name:     "a script that knows no MIME",
		raw:      "Subject: report\n\nGr\xfc\xdfe\n",
		readable: []string{"Grüße"},
	},
}

func TestMails(t *testing.T) {
	for _, mail := range mails {
		for name, raw := range map[string]string{"LF": mail.raw, "CRLF": strings.ReplaceAll(mail.raw, "\n", "\r\n")} {
			t.Run(mail.name+"/"+name, func(t *testing.T) {
				_, root, err := ParseMessage([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				var readable, attachments []string
				for p := range root.Leaves() {
					if p.Attachment() {
						attachments = append(attachments, p.Name)
					}
					if !p.Readable() {
						continue
					}
					text, err := ReadText(p, bytes.NewReader(p.Body), 1<<20)
					if err != nil {
						t.Fatal(err)
					}
					readable = append(readable, TextOf(text).Plain)
				}
				if !slices.Equal(readable, mail.readable) || !slices.Equal(attachments, mail.attachments) {
					t.Errorf("%s\nhas the text\n%q and the attachments %q; want\n%q and %q",
						outline(root), readable, attachments, mail.readable, mail.attachments)
				}
			})
		}
	}
}
