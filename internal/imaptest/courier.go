package imaptest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// courierEnvironment is Debian's /etc/courier/imapd, but mail stays in Trash for ever, and logins are in plain text.
var courierEnvironment = []string{
	"IMAP_CAPABILITY=IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
	"IMAP_KEYWORDS=1",
	"IMAP_ACL=1",
	"IMAP_IDLE_TIMEOUT=60",
	"IMAP_MAILBOX_SANITY_CHECK=1",
	"IMAP_UMASK=022",
	"IMAP_USELOCKS=1",
	"IMAP_TRASHFOLDERNAME=Trash",
	"IMAP_EMPTYTRASH=",
	"IMAP_MOVE_EXPUNGE_TO_TRASH=0",
	"IMAP_STARTTLS=NO",
	"IMAP_TLS_REQUIRED=0",
	"DEBUG_LOGIN=0",
}

// startCourier starts Courier-IMAP, whose authentication daemon this process is.
func startCourier(_ config, folder string) (*Server, error) {
	root, err := unpacked(Courier, "usr/bin/imapd")
	if err != nil {
		return nil, err
	}
	owner, err := mailUser()
	if err != nil {
		return nil, err
	}
	const host = "127.0.0.1"
	ports, err := freePorts(host, 1)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"root", "mail"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			return nil, err
		}
	}
	err = serveAuthdaemon(filepath.Join(folder, "auth"), func(username, secret string) string {
		if secret != password {
			return "FAIL\n"
		}
		return fmt.Sprintf("ADDRESS=%s\nUID=%d\nGID=%d\nHOME=%s\n.\n", username, owner.uid, owner.gid,
			filepath.Join(folder, "mail", username))
	})
	if err != nil {
		return nil, err
	}
	below := filepath.Join(folder, "root")
	path, err := libraries(root, below)
	if err != nil {
		return nil, err
	}
	// Courier learns of changes from gamin, which is looked for in /usr/libexec.
	setup := fmt.Sprintf(`mount -n --bind '%s' '%s'; mount -n --bind '%[1]s/usr/libexec' /usr/libexec
mount -n -t tmpfs tmpfs /run; mkdir -p /run/courier/authdaemon; ln -s '%[3]s/auth' /run/courier/authdaemon/socket`,
		root, below, folder)
	environment := append([]string{path, "GAM_CLIENT_ID=" + filepath.Base(folder)}, courierEnvironment...)
	p, err := startProcess(folder, setup, environment,
		below+"/usr/sbin/couriertcpd", "-address="+host, "-maxprocs=1000", "-maxperip=1000", "-nodnslookup", "-noidentlookup",
		strconv.Itoa(ports[0]), below+"/usr/lib/courier/courier/imaplogin", below+"/usr/bin/imapd", "Maildir")
	if err != nil {
		return nil, err
	}
	s := &Server{Host: host, Port: ports[0], process: p}
	s.prepare = func(username string) error { return makeMaildir(filepath.Join(folder, "mail", username), owner) }
	return s, nil
}

// makeMaildir makes home with an empty Maildir.
func makeMaildir(home string, to owner) error {
	for _, name := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(home, "Maildir", name), 0o700); err != nil {
			return err
		}
	}
	return giveAway(home, to)
}
