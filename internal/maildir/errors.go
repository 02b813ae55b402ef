package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/emersion/go-imap/v2"
)

// codeExpungeIssued is RFC 5530's code for messages that have gone meanwhile; go-imap has no name for it.
const codeExpungeIssued = imap.ResponseCode("EXPUNGEISSUED")

// codeTryCreate says that the destination does not exist (RFC 9051 section 7.1).
const codeTryCreate = imap.ResponseCodeTryCreate

// no is a tagged NO. The code may be empty.
func no(code imap.ResponseCode, format string, args ...any) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: oneLine(fmt.Sprintf(format, args...))}
}

// bad is a tagged BAD, for what was not announced.
func bad(format string, args ...any) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeBad, Code: imap.ResponseCodeClientBug, Text: oneLine(fmt.Sprintf(format, args...))}
}

// answer makes a response of any error, so that the client is told the reason.
func answer(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*imap.Error](err); ok {
		return known
	}
	code := imap.ResponseCodeServerBug
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		code = imap.ResponseCodeNoPerm
	case errors.Is(err, errDamaged):
		code = imap.ResponseCodeCorruption
	case errors.Is(err, errLocked):
		code = imap.ResponseCodeInUse
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code = imap.ResponseCodeOverQuota
	case errors.Is(err, syscall.ENAMETOOLONG):
		code = imap.ResponseCodeCannot
	}
	return no(code, "%v", err)
}

// oneLine makes text fit for a response line: anything but printable ASCII could end the line or the connection.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
