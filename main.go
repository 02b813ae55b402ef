// Imapform files, flags and tidies the mail of IMAP accounts the way a
// configuration in HCL says.
package main

import (
	"context"
	"os"

	"github.com/imapform/imapform/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Process()))
}
