package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// writeCertificates makes an authority and a certificate signed by it for hosts: ca.pem, cert.pem and key.pem in folder,
// and client.pem and clientkey.pem, by which a client can prove that the authority knows it. All are good for a day.
func writeCertificates(folder string, hosts ...net.IP) error {
	authority := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "imaptest authority"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		DNSNames:    []string{"localhost"},
		IPAddresses: hosts,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	client := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "imaptest client"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeCertificate(filepath.Join(folder, "ca.pem"), authority, authority, authorityKey, authorityKey); err != nil {
		return err
	}
	if err := writePair(filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), server, authority, authorityKey); err != nil {
		return err
	}
	return writePair(filepath.Join(folder, clientCert), filepath.Join(folder, clientKey), client, authority, authorityKey)
}

const (
	clientCert = "client.pem"
	clientKey  = "clientkey.pem"
)

// ClientCertificate returns the files of a certificate that a client can show to a server with TLS, and of its key.
func (s *Server) ClientCertificate() (cert, key string) {
	folder := filepath.Dir(s.CAFile)
	return filepath.Join(folder, clientCert), filepath.Join(folder, clientKey)
}

// writePair makes a key and a certificate for it that the parent's key signs, and writes both.
func writePair(certPath, keyPath string, c, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	octets, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writeCertificate(certPath, c, parent, key, parentKey); err != nil {
		return err
	}
	return writePEM(keyPath, "PRIVATE KEY", octets)
}

// writeCertificate signs a certificate for key by the parent's key and writes it.
func writeCertificate(path string, c, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) error {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	c.SerialNumber = serial
	c.NotBefore = time.Now().Add(-time.Hour)
	c.NotAfter = time.Now().Add(24 * time.Hour)
	octets, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), parentKey)
	if err != nil {
		return fmt.Errorf("make certificate %s: %w", path, err)
	}
	return writePEM(path, "CERTIFICATE", octets)
}

// writePEM writes one block, readable by its owner only.
func writePEM(path, kind string, octets []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: octets}), 0o600)
}

// dialTLS opens a TLS connection that trusts the authority in caFile only.
func dialTLS(addr, caFile string) (net.Conn, error) {
	octets, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(octets) {
		return nil, fmt.Errorf("no certificate in %s", caFile)
	}
	return tls.Dial("tcp", addr, &tls.Config{RootCAs: roots})
}
