// Package journal owns the journals of runs: a file for each apply of an account that
// says before each command what it is to do, and after it what was seen to be done. A
// run that died can be finished by it, and one that ended turned around.
//
// What is noted, and when, is for package apply to say; what follows from a journal,
// for apply and undo.
//
// # The file
//
// The first line is "imapform journal 1", which is the format. Each other line is a
// record:
//
//	CHECKSUM NUMBER FLUSHED JSON
//
// NUMBER counts the records from 1. FLUSHED is the number of the last record that was
// known to be on the disk when this one was written, so that after a crash two things
// can be told apart: the torn end of a file, which nothing was built upon and which is
// dropped, and damage to what was promised to stay, which is an error. CHECKSUM is the
// CRC-32C (RFC 9260 appendix A) of what follows it on the line, in hexadecimal digits.
//
// Who writes a journal holds a lock on the file, which ends with the process: a journal
// without a last record and without that lock is one of a run that died.
package journal
