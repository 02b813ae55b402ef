// Package backup owns the files in which messages are kept that are deleted for good:
// one with a message's octets as the server gave them, and beside it one with what the
// server knew of it. A file has its name only once it is whole, on the disk, and has
// been read again and compared; so what has a name can be put back.
//
// Which messages are deleted, and when, is for package apply to say; what is put back
// after a run, for undo.
package backup
