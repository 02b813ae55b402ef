package imaptest

import (
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

// imapdConf is Debian's, with places of its own and without waiting for disks.
var imapdConf = template.Must(template.New("imapd.conf").Parse(`
configdirectory: {{.Data}}/config
partition-default: {{.Data}}/spool
defaultpartition: default
proc_path: {{.Data}}/proc
mboxname_lockpath: {{.Data}}/lock
cyrus_user: {{.User}}
cyrus_group: {{.Group}}
admins: admin
altnamespace: no
unixhierarchysep: no
hashimapspool: true
umask: 077
allowplaintext: yes
allowanonymouslogin: no
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {{.Folder}}/auth
idlesocket: {{.Data}}/idle
notifysocket: {{.Data}}/notify
lmtpsocket: {{.Data}}/lmtp
skiplist_unsafe: yes
maxlogins_per_user: 0
maxlogins_per_host: 0
failedloginpause: 0
syslog_prefix: imaptest
servername: localhost
`))

// cyrusConf starts the IMAP service only. Nothing is ever pruned.
var cyrusConf = template.Must(template.New("cyrus.conf").Parse(`
START {
  recover cmd="{{.Bin}}/ctl_cyrusdb -C {{.Folder}}/imapd.conf -r"
}
SERVICES {
  imap cmd="{{.Bin}}/imapd -C {{.Folder}}/imapd.conf -U 30" listen="{{.Host}}:{{.Port}}" proto="tcp4" prefork=1 maxchild=500
}
EVENTS {
}
`))

// startCyrus starts Cyrus IMAP, whose saslauthd this process is.
func startCyrus(_ config, folder string) (*Server, error) {
	root, err := unpacked(Cyrus, "usr/lib/cyrus/bin/imapd")
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
	for _, name := range []string{"root", "data"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			return nil, err
		}
	}
	below := filepath.Join(folder, "root")
	values := map[string]any{
		"Folder": folder, "Data": folder + "/data", "User": owner.name, "Group": owner.group,
		"Bin": below + "/usr/lib/cyrus/bin", "Host": host, "Port": ports[0],
	}
	for name, t := range map[string]*template.Template{"imapd.conf": imapdConf, "cyrus.conf": cyrusConf} {
		if err := writeTemplate(filepath.Join(folder, name), t, values); err != nil {
			return nil, err
		}
	}
	if err := serveSaslauthd(filepath.Join(folder, "auth"), func(_, secret string) bool { return secret == password }); err != nil {
		return nil, err
	}
	environment, err := libraries(root, below)
	if err != nil {
		return nil, err
	}
	// Its databases are in memory: it syncs them all the time.
	setup := fmt.Sprintf(`mount -n --bind '%s' '%s'; mount -n -t tmpfs tmpfs '%s/data'; cd '%s/data'; mkdir -p config/db config/socket config/log config/msg config/ptclient spool proc lock; chown -R '%s:%s' .`,
		root, below, folder, folder, owner.name, owner.group)
	p, err := startProcess(folder, setup, []string{environment}, below+"/usr/lib/cyrus/bin/master",
		"-C", folder+"/imapd.conf", "-M", folder+"/cyrus.conf", "-p", folder+"/data/master.pid", "-D")
	if err != nil {
		return nil, err
	}
	s := &Server{Host: host, Port: ports[0], process: p}
	s.prepare = s.createByAdmin
	return s, nil
}

// createByAdmin makes the INBOX of a user, as cyradm does.
func (s *Server) createByAdmin(username string) error {
	admin, err := login(s.account("admin"))
	if err != nil {
		return err
	}
	defer admin.close()
	_, err = admin.do("CREATE", quote("user."+username))
	return err
}
