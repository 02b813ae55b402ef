package mailbox

import (
	"slices"
	"strings"
)

// wellKnown are names that programs and providers give to folders of a use, where
// the server does not tell uses by attribute. They are compared without letter
// case, at the top level or right below INBOX.
var wellKnown = map[Use][]string{
	UseArchive: {"Archive", "Archives", "Archiv", "Archivio", "Archivo", "Arquivo", "Archief", "Arkiv", "Архив", "归档", "アーカイブ"},
	UseDrafts:  {"Drafts", "Draft", "Entwürfe", "Brouillons", "Bozze", "Borradores", "Rascunhos", "Concepten", "Utkast", "Kladder", "Luonnokset", "Szkice", "Черновики", "草稿", "草稿箱", "下書き"},
	UseJunk:    {"Junk", "Spam", "Junk E-mail", "Junk Email", "Junk Mail", "Bulk Mail", "Courrier indésirable", "Indésirables", "Posta indesiderata", "Correo no deseado", "Lixo Eletrônico", "Ongewenste e-mail", "Skräppost", "Søppelpost", "Roskaposti", "Niechciane", "Спам", "垃圾邮件", "迷惑メール"},
	UseSent:    {"Sent", "Sent Items", "Sent Messages", "Sent Mail", "Gesendet", "Gesendete Elemente", "Gesendete Objekte", "Envoyés", "Éléments envoyés", "Messages envoyés", "Inviata", "Posta inviata", "Enviados", "Elementos enviados", "Itens Enviados", "Verzonden", "Verzonden items", "Skickat", "Sendt", "Lähetetyt", "Wysłane", "Отправленные", "已发送", "送信済み"},
	UseTrash:   {"Trash", "Deleted Items", "Deleted Messages", "Deleted", "Bin", "Papierkorb", "Gelöschte Elemente", "Gelöschte Objekte", "Corbeille", "Éléments supprimés", "Cestino", "Posta eliminata", "Papelera", "Elementos eliminados", "Lixeira", "Itens Excluídos", "Prullenbak", "Verwijderde items", "Papperskorgen", "Papirkurv", "Roskakori", "Kosz", "Корзина", "Удаленные", "已删除", "已删除邮件", "ゴミ箱"},
}

// WellKnown returns the use that a folder's name suggests; "" if it suggests none.
// It is a guess: good enough to keep patterns away from what looks like trash,
// never good enough to delete for good.
func WellKnown(n Name) Use {
	levels := n.Levels()
	if len(levels) == 2 && levels[0] == string(Inbox) {
		levels = levels[1:]
	}
	if len(levels) != 1 {
		return ""
	}
	for _, use := range Uses() {
		if slices.ContainsFunc(wellKnown[use], func(known string) bool { return strings.EqualFold(known, levels[0]) }) {
			return use
		}
	}
	return ""
}
