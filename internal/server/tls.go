package server

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/imapform/imapform/config"
)

// defaultMinTLS is for an account that says none: what is older has been broken
// (RFC 8996).
const defaultMinTLS = tls.VersionTLS12

// tlsConfig says whom the server must prove to be, what this side shows if it is
// asked, and how old the protocol may be. With a ca_file only its authorities count.
// It is nil for an account without TLS.
func tlsConfig(a *config.Account) (*tls.Config, error) {
	if a.Maildir != "" || a.TLS == config.TLSNone {
		return nil, nil
	}
	version := cmp.Or(a.MinTLSVersion, defaultMinTLS)
	settings := &tls.Config{ServerName: serverName(a), MinVersion: version, CipherSuites: cipherSuites(version)}
	if a.CAFile != "" {
		authorities, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, fmt.Errorf("read ca_file %s: it holds no certificate in PEM form", a.CAFile)
		}
	}
	if a.ClientCert == "" && a.ClientKey == "" {
		return settings, nil
	}
	pair, err := clientCertificate(a.ClientCert, a.ClientKey)
	if err != nil {
		return nil, err
	}
	settings.Certificates = []tls.Certificate{pair}
	// Without this function nothing would be shown to a server that names other
	// authorities, which would then complain that there is no certificate.
	settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return settings, nil
}

// cipherSuites are what an account with that oldest version offers to servers that do
// not speak TLS 1.3; nil: what crypto/tls does by itself. The other end of a version
// that has to be asked for mostly knows nothing newer than RSA key exchange, and at
// times nothing else than what TLS 1.1 made mandatory (RFC 4346 section 9).
func cipherSuites(version uint16) []uint16 {
	if version >= tls.VersionTLS12 {
		return nil
	}
	suites := []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	for _, suite := range tls.CipherSuites() {
		suites = append(suites, suite.ID)
	}
	return suites
}

func serverName(a *config.Account) string {
	return cmp.Or(a.ServerName, a.Host)
}

// clientCertificate reads a certificate, with those that lead from it to its
// authority, and its key. Whether it is still valid is for the server to say.
func clientCertificate(certFile, keyFile string) (tls.Certificate, error) {
	if certFile == "" || keyFile == "" {
		return tls.Certificate{}, errors.New("of client_cert and client_key there is one without the other")
	}
	cert, err := readPEM("client_cert", certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readPEM("client_key", keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	if hasPassphrase(key) {
		return tls.Certificate{}, fmt.Errorf("read client_key %s: the key has a passphrase, which is not supported: "+
			"write one without, that you alone can read, and name that: (umask 077; openssl pkey -in KEY -out NEWKEY)", keyFile)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("client_cert %s and client_key %s cannot be used together: %w", certFile, keyFile, err)
	}
	return pair, nil
}

// readPEM reads the file of an argument, which must hold something in PEM form
// (RFC 7468).
func readPEM(arg, file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", arg, err)
	}
	if block, _ := pem.Decode(data); block == nil {
		return nil, fmt.Errorf("read %s %s: it holds nothing in PEM form, which is text with -----BEGIN in it: "+
			"openssl can convert other forms, such as PKCS #12 (.p12, .pfx): openssl pkcs12 -nodes -in FILE", arg, file)
	}
	return data, nil
}

// hasPassphrase says whether the first key is encrypted, in the form of RFC 5958
// section 3, or in the older one of RFC 1421 section 4.6.1.1.
func hasPassphrase(data []byte) bool {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")
		}
	}
	return false
}
