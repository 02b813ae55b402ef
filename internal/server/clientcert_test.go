package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/server"
)

// Dovecot lets nobody in who shows no certificate that it believes.
func TestClientCertificate(t *testing.T) {
	s := imaptest.Start(t, imaptest.Dovecot, imaptest.RequireClientCert())
	other := imaptest.Start(t, imaptest.Dovecot)
	cert, key := s.ClientCertificate()
	strange, strangeKey := other.ClientCertificate()
	for _, c := range []struct {
		name      string
		tls       config.TLS
		port      int
		cert, key string
		says      []string // empty: it is let in
	}{
		{name: "implicit", tls: config.TLSImplicit, port: s.TLSPort, cert: cert, key: key},
		{name: "STARTTLS", tls: config.TLSStartTLS, port: s.Port, cert: cert, key: key},
		{name: "none, implicit", tls: config.TLSImplicit, port: s.TLSPort, says: []string{"the login was refused", "certificate: it may want one of yours, which client_cert"}},
		{name: "none, STARTTLS", tls: config.TLSStartTLS, port: s.Port, says: []string{"client_cert"}},
		{name: "of another authority", tls: config.TLSImplicit, port: s.TLSPort, cert: strange, key: strangeKey, says: []string{"may not accept client_cert " + strange}},
		{name: "of another, STARTTLS", tls: config.TLSStartTLS, port: s.Port, cert: strange, key: strangeKey, says: []string{"may not accept client_cert " + strange}},
	} {
		t.Run(c.name, func(t *testing.T) {
			account := at(t, s.Account(t), s.Host, strconv.Itoa(c.port))
			account.TLS, account.CAFile, account.ClientCert, account.ClientKey = c.tls, s.CAFile, c.cert, c.key
			session, err := server.Dial(t.Context(), account, server.Options{})
			wantDial(t, session, err, c.says)
		})
	}
}

// wantDial ends a session that was to be had, or looks at why it was not.
func wantDial(t *testing.T, s *server.Session, err error, says []string) {
	t.Helper()
	if len(says) == 0 {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %v\ndoes not say %q", err, text)
		}
	}
}

// A pair that cannot be used is an error before anything is connected to.
func TestClientCertificateFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key := issue(t, time.Now().Add(time.Hour))
	_, otherKey := issue(t, time.Now().Add(time.Hour))
	block := func(kind string, headers map[string]string, data string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: []byte(data)})
	}
	gone := filepath.Join(dir, "gone.pem")
	binary := file("binary.p12", []byte{0x30, 0x82, 0, 1})
	locked := file("locked.pem", block("ENCRYPTED PRIVATE KEY", nil, "x"))
	oldLocked := file("oldlocked.pem", block("RSA PRIVATE KEY", map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, "x"))
	empty := file("empty.pem", nil)
	broken := file("broken.pem", block("CERTIFICATE", nil, "x"))
	ssh := file("ssh.pem", block("OPENSSH PRIVATE KEY", nil, "x"))
	for name, c := range map[string]struct {
		cert, key string
		says      []string
	}{
		"no such certificate":     {cert: gone, key: key, says: []string{"read client_cert", gone, "no such file"}},
		"no such key":             {cert: cert, key: gone, says: []string{"read client_key", gone, "no such file"}},
		"no PEM for a cert":       {cert: binary, key: key, says: []string{"read client_cert " + binary, "PEM", "openssl pkcs12"}},
		"no PEM for a key":        {cert: cert, key: binary, says: []string{"read client_key " + binary, "PEM"}},
		"an empty file":           {cert: empty, key: key, says: []string{"read client_cert " + empty}},
		"a key with a passphrase": {cert: cert, key: locked, says: []string{"read client_key " + locked, "passphrase, which is not supported", "openssl pkey"}},
		"an old one":              {cert: cert, key: oldLocked, says: []string{"passphrase, which is not supported"}},
		"another key":             {cert: cert, key: otherKey, says: []string{"client_cert " + cert, "client_key " + otherKey, "does not match"}},
		"the wrong way round":     {cert: key, key: cert, says: []string{"cannot be used together"}},
		"a broken certificate":    {cert: broken, key: key, says: []string{"cannot be used together"}},
		"a key of another kind":   {cert: cert, key: ssh, says: []string{"cannot be used together", "parse private key"}},
		"a certificate alone":     {cert: cert, says: []string{"without the other"}},
		"a key alone":             {key: key, says: []string{"without the other"}},
	} {
		for _, way := range []config.TLS{config.TLSImplicit, config.TLSStartTLS} {
			t.Run(name, func(t *testing.T) {
				account := at(t, imaptest.Account{Username: "me"}, "host.invalid", "993")
				account.TLS, account.ClientCert, account.ClientKey = way, c.cert, c.key
				session, err := server.Dial(t.Context(), account, server.Options{})
				wantDial(t, session, err, c.says)
			})
		}
	}
}

// What a server says in TLS to a certificate, or to none, is explained, both during
// the handshake and, with TLS 1.3, after it.
func TestClientCertificateRefused(t *testing.T) {
	known, knownKey := issue(t, time.Now().Add(time.Hour))
	expired, expiredKey := issue(t, time.Now().Add(-time.Hour))
	strange, strangeKey := issue(t, time.Now().Add(time.Hour))
	pool := x509.NewCertPool()
	for _, file := range []string{known, expired} {
		data, err := os.ReadFile(file)
		if err != nil || !pool.AppendCertsFromPEM(data) {
			t.Fatal(file, err)
		}
	}
	for name, c := range map[string]struct {
		cert, key string
		says      []string
	}{
		"none":                 {says: []string{"wants a certificate", "client_cert"}},
		"expired":              {cert: expired, key: expiredKey, says: []string{"refuses client_cert " + expired, "which expired at"}},
		"of another authority": {cert: strange, key: strangeKey, says: []string{"refuses client_cert " + strange, "issued by CN=me", "which certificates it accepts"}},
		"known":                {cert: known, key: knownKey, says: []string{"goodbye"}},
	} {
		for version, settings := range map[string]*tls.Config{
			"TLS 1.2": {ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: tls.VersionTLS12},
			"TLS 1.3": {ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool},
		} {
			for way, startTLS := range map[string]config.TLS{"implicit": config.TLSImplicit, "STARTTLS": config.TLSStartTLS} {
				t.Run(name+", "+version+", "+way, func(t *testing.T) {
					account := tlsAccount(t, settings, startTLS, sayGoodbye)
					account.ClientCert, account.ClientKey = c.cert, c.key
					session, err := server.Dial(t.Context(), account, server.Options{})
					wantDial(t, session, err, c.says)
					if errors.Is(err, server.ErrAuth) {
						t.Errorf("error %v blames the login", err)
					}
				})
			}
		}
	}
}

// issue writes a certificate that vouches for itself, and its key.
func issue(t *testing.T, until time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(until.UnixNano()), Subject: pkix.Name{CommonName: "me"},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
