package imaptest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// dovecotConf speeds things up where only a crash would tell, and takes away limits and penalties.
var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Folder}}/run
state_dir = {{.Folder}}/state
log_path = /dev/stderr
info_log_path = /dev/null
protocols = imap
listen = {{.Host}}
mail_fsync = never
auth_failure_delay = 0
mail_max_userip_connections = 0
auth_mechanisms = plain login
default_login_user = {{.User}}
default_internal_user = {{.User}}
default_internal_group = {{.Group}}
first_valid_uid = 1
first_valid_gid = 0
mail_location = {{.Mail}}
{{with .Capability}}imap_capability = {{.}}{{end}}
{{if .Compress}}protocol imap {
  mail_plugins = zlib imap_zlib
}{{end}}
ssl = {{if .RequireTLS}}required{{else}}yes{{end}}
disable_plaintext_auth = {{if .RequireTLS}}yes{{else}}no{{end}}
ssl_cert = <{{.Folder}}/cert.pem
ssl_key = <{{.Folder}}/key.pem
{{if .RequireClientCert}}ssl_ca = <{{.Folder}}/ca.pem
ssl_require_crl = no
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes{{end}}
passdb {
  driver = static
  args = password={{.Password}}
}
userdb {
  driver = static
  args = uid={{.User}} gid={{.Group}} home={{.Folder}}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = {{.Separator}}
  prefix = {{.Prefix}}
  mailbox Drafts { 
    special_use = \Drafts
  }
  mailbox Junk {
    special_use = \Junk
  }
  mailbox Sent {
    special_use = \Sent
  }
  mailbox Trash {
    special_use = \Trash
  }
}
service imap-login {
  chroot =
  service_count = 0
  client_limit = 1000
  inet_listener imap {
    port = {{.Port}}
  }
  inet_listener imaps {
    port = {{.TLSPort}}
    ssl = yes
  }
}
service imap {
  process_limit = 1000
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
`))

// startDovecot starts a Dovecot 2.3. It needs root's rights only to give up root.
func startDovecot(c config, folder string) (*Server, error) {
	if err := knownDovecot(); err != nil {
		return nil, err
	}
	capability, err := capabilitiesWithout(c)
	if err != nil {
		return nil, err
	}
	owner, err := mailUser()
	if err != nil {
		return nil, err
	}

	// A connection from 127.0.0.1 to itself counts as secure; one from there to 127.0.0.2 does not.
	host := "127.0.0.1"
	if c.requireTLS {
		host = "127.0.0.2"
	}
	ports, err := freePorts(host, 2)
	if err != nil {
		return nil, err
	}
	if err := writeCertificates(folder, net.ParseIP(host)); err != nil {
		return nil, err
	}
	mail, err := dovecotMail(c, folder, owner)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "dovecot.conf")
	err = writeTemplate(path, dovecotConf, map[string]any{
		"Folder": folder, "Host": host, "Port": ports[0], "TLSPort": ports[1], "Mail": mail,
		"User": owner.name, "Group": owner.group, "Password": password,
		"Capability": capability, "Compress": c.compress, "RequireTLS": c.requireTLS, "RequireClientCert": c.requireClientCert, "Prefix": c.prefix, "Separator": orSlash(c.separator),
	})
	if err != nil {
		return nil, err
	}
	p, err := startProcess(folder, "", nil, dovecotProgram, "-F", "-c", path)
	if err != nil {
		return nil, err
	}
	return &Server{Host: host, Port: ports[0], TLSPort: ports[1], CAFile: filepath.Join(folder, "ca.pem"), process: p}, nil
}

const dovecotProgram = "/usr/sbin/dovecot"

// knownDovecot returns an error unless a Dovecot is installed whose configuration is known.
func knownDovecot() error {
	if _, err := os.Stat("/usr/lib/dovecot/imap"); err != nil {
		return missing("it is not installed; run internal/imaptest/install.sh")
	}
	version, err := exec.Command(dovecotProgram, "--version").Output()
	if err != nil {
		return fmt.Errorf("dovecot --version: %w", err)
	}
	if !bytes.HasPrefix(version, []byte("2.3.")) {
		return missing(fmt.Sprintf("it is version %s; its configuration is known for 2.3 only", bytes.TrimSpace(version)))
	}
	return nil
}

// dovecotMail makes the place for mail and returns where a user's is, as mail_location says it.
func dovecotMail(c config, folder string, owner owner) (string, error) {
	homes := filepath.Join(folder, "mail")
	if err := os.Mkdir(homes, 0o700); err != nil {
		return "", err
	}
	if err := giveAway(homes, owner); err != nil {
		return "", err
	}
	if c.sdbox == "" {
		return "maildir:~/Maildir", nil
	}
	return "sdbox:" + c.sdbox, giveAway(c.sdbox, owner)
}

// orSlash is Dovecot's separator where none is asked for.
func orSlash(separator string) string {
	if separator == "" {
		return "/"
	}
	return separator
}

// capabilitiesWithout is what Dovecot announces after login without what is to be hidden, for which a Dovecot with
// nothing hidden is asked. It is "" when nothing is.
func capabilitiesWithout(c config) (string, error) {
	if c.hide == "" {
		return "", nil
	}
	s, err := startOnce(config{name: Dovecot}, startDovecot)
	if err != nil {
		return "", err
	}
	defer s.process.stop()
	client, err := login(s.account("capability"))
	if err != nil {
		return "", err
	}
	defer client.close()
	all, err := client.capabilities()
	if err != nil {
		return "", err
	}
	hidden := strings.Fields(c.hide)
	for _, capability := range hidden {
		if !slices.Contains(all, capability) && !isDependent(capability) {
			return "", fmt.Errorf("hide %s: the server does not have it", capability)
		}
	}
	all = slices.DeleteFunc(all, func(capability string) bool { return slices.Contains(hidden, capability) })
	return strings.Join(all, " "), nil
}
