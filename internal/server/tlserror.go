package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/imapform/imapform/config"
)

// explainTLS says what is wrong with a handshake, and where that can be set right.
func explainTLS(ctx context.Context, a *config.Account, settings *tls.Config, err error) error {
	name := serverName(a)
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority) && a.CAFile == "":
		return fmt.Errorf("the certificate of %s is signed by an authority that this machine does not know: %w: "+
			"if it is the right server, name its authority's certificate in ca_file", name, err)
	case errors.As(err, &authority):
		return fmt.Errorf("the certificate of %s is not signed by an authority in ca_file %s: %w", name, a.CAFile, err)
	case errors.As(err, &host):
		return fmt.Errorf("the certificate is for another host than %s: %w: set host, or server_name, to a name that it holds", name, err)
	case errors.As(err, &invalid):
		return fmt.Errorf("the certificate of %s is not valid: %w: the server's operator, or this machine's clock, must be asked (ca_file cannot help)", name, err)
	case errors.As(err, &noTLS):
		return fmt.Errorf("%s port %d does not speak TLS: %w: if the port is for STARTTLS, as 143 mostly is, say tls = \"starttls\"", a.Host, a.Port, err)
	case ctx.Err() != nil:
		return unreached(fmt.Errorf("TLS with %s: %w", name, context.Cause(ctx)))
	case ended(err):
		return unreached(fmt.Errorf("TLS with %s: %w", name, err))
	}
	if version, ok := selectedVersion(err); ok {
		return fmt.Errorf("TLS with %s: the server speaks at most %s, and this account nothing older than %s: %w%s",
			name, tls.VersionName(version), tls.VersionName(settings.MinVersion), err, adviseOlder(version))
	}
	return fmt.Errorf("TLS with %s: %w", name, err)
}

// selectedVersion is the version that a server insists on although it was not
// offered. Crypto/tls has no type for that error.
func selectedVersion(err error) (uint16, bool) {
	_, number, ok := strings.Cut(err.Error(), "tls: server selected unsupported protocol version ")
	if !ok {
		return 0, false
	}
	version, err := strconv.ParseUint(number, 16, 16)
	return uint16(version), err == nil
}

// adviseOlder says how the newest version that a server speaks is allowed.
func adviseOlder(version uint16) string {
	switch {
	case version >= tls.VersionTLS12:
		return fmt.Sprintf(": say min_tls_version = %q", argument(version))
	case version >= tls.VersionTLS10:
		return fmt.Sprintf(": have the server brought up to date, or, knowing that others on the way may then read along, say min_tls_version = %q", argument(version))
	}
	return ": that is too old to be spoken at all"
}

// argument is a version as min_tls_version has it.
func argument(version uint16) string {
	return strings.TrimPrefix(tls.VersionName(version), "TLS ")
}

// The alerts that are explained (RFC 8446 section 6).
const (
	handshakeFailure     tls.AlertError = 40
	badCertificate       tls.AlertError = 42
	unsupportedCert      tls.AlertError = 43
	certificateRevoked   tls.AlertError = 44
	certificateExpired   tls.AlertError = 45
	certificateUnknown   tls.AlertError = 46
	unknownCA            tls.AlertError = 48
	accessDenied         tls.AlertError = 49
	decryptError         tls.AlertError = 51
	protocolVersion      tls.AlertError = 70
	insufficientSecurity tls.AlertError = 71
	unrecognizedName     tls.AlertError = 112
	certificateRequired  tls.AlertError = 116
)

// explainEntry adds to the error of a connection that led nowhere what can be done
// where TLS is the reason. What a server says to a certificate comes after the
// handshake with TLS 1.3, as the answer to whatever was said first.
func (s *Session) explainEntry(err error) error {
	if s.tls == nil {
		return err
	}
	if alert, ok := remoteAlert(err); ok {
		return explainAlert(s.account, s.tls, alert, err)
	}
	if _, _, said := s.heard.goodbye(); !said && ended(err) && len(s.tls.Certificates) > 0 {
		return fmt.Errorf("%w: the server has hung up without giving a reason: it may not accept client_cert %s%s",
			err, s.account.ClientCert, validity(s.tls.Certificates[0].Leaf))
	}
	return err
}

// ended says whether the other side has closed the connection.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// explainAlert says what can be done about the alert by which the server has ended
// TLS, if there is something.
func explainAlert(a *config.Account, settings *tls.Config, alert tls.AlertError, err error) error {
	switch alert {
	case protocolVersion:
		return fmt.Errorf("the server speaks no TLS as new as %s, the oldest that this account allows: %w%s",
			argument(settings.MinVersion), err, adviseOlder(settings.MinVersion-1))
	case handshakeFailure, insufficientSecurity:
		return fmt.Errorf("the server finds no way of encryption that both sides know%s: %w", orCertificate(settings), err)
	case unrecognizedName:
		return fmt.Errorf("the server has no certificate for %s: %w: set host, or server_name, to a name that it goes by", settings.ServerName, err)
	}
	if len(settings.Certificates) == 0 {
		return explainNone(alert, err)
	}
	return explainCertificate(a, settings, alert, err)
}

// remoteAlert is the alert in an error of crypto/tls, which has a type for it that
// it does not export.
func remoteAlert(err error) (tls.AlertError, bool) {
	remote, ok := errors.AsType[*net.OpError](err)
	if !ok || remote.Op != "remote error" {
		return 0, false
	}
	for alert := range tls.AlertError(255) {
		if remote.Err.Error() == alert.Error() {
			return alert, true
		}
	}
	return 0, false
}

// explainNone says what an alert means to those who have shown no certificate.
func explainNone(alert tls.AlertError, err error) error {
	if alert != certificateRequired && alert != badCertificate { // the latter before TLS 1.3
		return err
	}
	return fmt.Errorf("the server wants a certificate to be shown: %w: name one that it accepts in client_cert, and its key in client_key", err)
}

// explainCertificate says what the server may not like about the certificate that was
// shown.
func explainCertificate(a *config.Account, settings *tls.Config, alert tls.AlertError, err error) error {
	switch alert {
	case badCertificate, unsupportedCert, certificateRevoked, certificateExpired, certificateUnknown, unknownCA, accessDenied, decryptError, certificateRequired:
		return fmt.Errorf("the server refuses client_cert %s%s: %w: "+
			"ask its operator which certificates it accepts; those between yours and its authority belong into the same file, after it",
			a.ClientCert, validity(settings.Certificates[0].Leaf), err)
	}
	return err
}

// validity is what alone is wrong with a certificate, or else who vouches for it, set
// off by a comma.
func validity(leaf *x509.Certificate) string {
	switch now := time.Now(); {
	case now.After(leaf.NotAfter):
		return ", which expired at " + leaf.NotAfter.Format(time.RFC3339)
	case now.Before(leaf.NotBefore):
		return ", which is not valid before " + leaf.NotBefore.Format(time.RFC3339) + " by this machine's clock"
	}
	return ", issued by " + safe(leaf.Issuer.String())
}

// orCertificate is what else some servers mean by a handshake failure before TLS 1.3.
func orCertificate(settings *tls.Config) string {
	if len(settings.Certificates) > 0 {
		return ""
	}
	return ", or wants a certificate, which client_cert would name"
}
