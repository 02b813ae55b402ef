// Package cache owns what is remembered of messages between runs, so that a folder in
// which nothing has changed need not even be opened: the files, their format, and that
// one that is damaged counts as none. With them it keeps what others say of the folders
// of an account: verdicts, of which it knows the key and no more.
//
// Whether what is remembered still holds is for package server to say, which knows how
// the folder is now. No answer needs the cache to be right: every file of it may be
// removed at any time.
//
// It holds what strangers and friends have written: addresses, subjects, names of
// folders. Directories are the user's alone, and no file's name tells anything. The
// checksum is against files that are torn or rot away; who can write in the directory
// can make imapform believe that messages are what they are not, and is kept out by the
// directory's mode.
package cache
