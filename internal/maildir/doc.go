// Package maildir serves a local Maildir++ tree as an IMAP server inside the process, so that a directory of mail is
// reached by the very path that reaches a server across the network.
//
// It owns what lies between go-imap's server side and the file system: folder names, message files and their flags, and
// the UIDs, which Maildir does not have. It leaves the IMAP syntax to go-imap and the rules to the client.
//
// # What it writes
//
// Its own files begin with "imapform-" and never with a dot, which would make them folders: imapform-lock and
// imapform-uidvalidity in the root, imapform-uidlist and imapform-specialuse in each folder; for moments, directories
// imapform-new-… and imapform-deleted-… in the root. A crash may leave one of these behind; nothing reads them, and what
// is in imapform-deleted-… is a folder whose deletion was asked for.
//
// Of other programs' files it writes two, because they carry the meaning that is shared: "subscriptions" in the root,
// in the form in which it is found (Dovecot's newer form if there is none), and "dovecot-keywords" in a folder, which
// says what keyword the letters a to z in file names stand for, and is made when the first keyword is stored. Both are
// written by Dovecot's own rules: under subscriptions.lock and dovecot-uidlist.lock (made exclusively), and replaced by
// rename. Everything else of other programs (dovecot-uidlist, .uidvalidity, .mbsyncstate, .notmuch, …) is neither read
// nor written; DELETE of a folder removes Dovecot's and Courier's indexes of it with it, and refuses a folder in which
// there is anything else that is not mail.
//
// # File names
//
// A flag change renames the file within cur and keeps every letter it does not know. A message that goes to another
// folder gets a new unique name of which only the sizes ",S=" and ",W=" are kept: mbsync's ",U=" is a UID in the folder
// left behind and would be a false one in the other, for which mbsync stops with "duplicate UID"; mu4e and Dovecot make
// new names for the same reason. The identity of a file in its folder is its name without ",U=" and flags, so that
// mbsync adding its ",U=" is no new message.
//
// The flags in a file name count in new as well as in cur: mbsync delivers what is unseen into new with the flags that it
// has, and Dovecot reads them there. A message is moved from new to cur only to change them.
//
// # Directory names
//
// A folder whose directory is not named in Maildir++'s way, in modified UTF-7, cannot be addressed. LIST tells that it is
// there, in a response that no client can take for a name, and what would make a second folder of it or tear it from its
// parent is refused.
//
// # Sharing
//
// Processes that use this package on one tree take turns by flock on imapform-lock whenever UIDs are given or folders
// and messages change. Other programs may rename, add and remove files at any time: a file that is not where it was is
// looked for once more by its identity, and what is gone is passed over or answered with NO [EXPUNGEISSUED]. A lock that
// another process does not let go is waited for only so long, and then answered with NO [INUSE].
//
// If root uses a tree, what is made in it belongs to whom the directory around it belongs to.
package maildir
