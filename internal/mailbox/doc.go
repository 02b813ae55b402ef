// Package mailbox owns what a mail account is made of besides messages: folder
// names, patterns over them, references to them, flags and special uses, all as
// people write them in a configuration.
//
// How a name looks on a server's wire (delimiter, namespace prefix, modified
// UTF-7) belongs to internal/server; what a message holds belongs to
// internal/message. The package performs no I/O and reads no clock.
package mailbox
