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

// writeCertificates makes an authority and a certificate signed by it for hosts: ca.pem, cert.pem and key.pem in folder.
// The certificate is good for a day.
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
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	keyBytes, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		return err
	}
	if err := writeCertificate(filepath.Join(folder, "ca.pem"), authority, authority, authorityKey, authorityKey); err != nil {
		return err
	}
	if err := writeCertificate(filepath.Join(folder, "cert.pem"), server, authority, serverKey, authorityKey); err != nil {
		return err
	}
	return writePEM(filepath.Join(folder, "key.pem"), "PRIVATE KEY", keyBytes)
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
