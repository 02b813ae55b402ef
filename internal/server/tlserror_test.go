package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
)

// Each alert is told from all others, and explained as what it can mean.
func TestExplainAlert(t *testing.T) {
	none := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "imap.example.org"}
	shown := none.Clone()
	shown.Certificates = []tls.Certificate{{Leaf: &x509.Certificate{NotBefore: time.Now().Add(time.Hour), NotAfter: time.Now().Add(2 * time.Hour)}}}
	for _, c := range []struct {
		settings *tls.Config
		alert    tls.AlertError
		says     string // empty: nothing is added
	}{
		{none, handshakeFailure, "or wants a certificate"},
		{shown, handshakeFailure, "no way of encryption that both sides know: say hello"},
		{none, insufficientSecurity, "no way of encryption"},
		{none, badCertificate, "wants a certificate to be shown"},
		{none, certificateRequired, "wants a certificate to be shown"},
		{none, unknownCA, ""},
		{none, accessDenied, ""},
		{shown, accessDenied, "refuses client_cert /c.pem, which is not valid before"},
		{shown, certificateRevoked, "refuses client_cert /c.pem"},
		{shown, certificateRequired, "refuses client_cert /c.pem"},
		{none, unrecognizedName, "no certificate for imap.example.org"},
		{none, protocolVersion, "no TLS as new as 1.2"},
		{shown, 80, ""},
		{none, 0, ""},
		{none, 254, ""},
	} {
		err := &LostError{Op: "say hello", Err: &net.OpError{Op: "remote error", Err: c.alert}}
		s := &Session{account: &config.Account{ClientCert: "/c.pem"}, tls: c.settings}
		got := s.explainEntry(err)
		if !errors.Is(got, error(err)) || c.says == "" && got != error(err) || !strings.Contains(got.Error(), c.says) {
			t.Errorf("alert %d: %v", c.alert, got)
		}
	}
}

// Nothing is guessed of a connection that ended for other reasons.
func TestExplainEntryLeavesAlone(t *testing.T) {
	shown := &tls.Config{Certificates: []tls.Certificate{{Leaf: new(x509.Certificate)}}}
	for what, c := range map[string]struct {
		settings *tls.Config
		err      error
	}{
		"no TLS":         {nil, &net.OpError{Op: "remote error", Err: certificateRequired}},
		"another error":  {shown, errors.New("tls: certificate required")},
		"our own alert":  {shown, &net.OpError{Op: "local error", Err: certificateRequired}},
		"no certificate": {&tls.Config{}, io.EOF},
		"a refusal":      {shown, ErrAuth},
	} {
		s := &Session{account: &config.Account{}, tls: c.settings}
		if got := s.explainEntry(c.err); got != c.err {
			t.Errorf("%s: %v", what, got)
		}
	}
}
