#!/bin/sh
# Gets the IMAP servers that the tests run against, from Debian's archive:
#
#   Dovecot   installed as a package (as root)
#   Cyrus     unpacked into the cache folder: Debian's packages exclude one another
#   Courier   likewise
#
# The cache folder is ${IMAPFORM_TEST_SERVERS:-$HOME/.cache/imapform-test-servers}. Nothing unpacked is started or
# registered with the system. What is there already is left alone. What cannot be had is named on standard error; the
# status is 0 all the same, unless -require is given.
set -u

require=false
case "${1-}" in
'') ;;
-require) require=true ;;
*)
	echo "usage: $0 [-require]" >&2
	exit 2
	;;
esac

cache=${IMAPFORM_TEST_SERVERS:-${HOME:?}/.cache/imapform-test-servers}
missing=false
updated=false

miss() {
	echo "install.sh: $1: $2" >&2
	missing=true
}

# update reads the package lists at most once, and only when something is to be fetched.
update() {
	$updated && return 0
	updated=true
	[ "$(id -u)" -ne 0 ] && return 0 # apt-get download can still do with the lists there are
	apt-get update -qq
}

dovecot() {
	[ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ] && return
	command -v apt-get >/dev/null || { miss dovecot "install dovecot-imapd: there is no apt-get here"; return; }
	[ "$(id -u)" -eq 0 ] || { miss dovecot "run 'sudo apt-get install dovecot-imapd'"; return; }
	update || { miss dovecot "apt-get update failed"; return; }
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null ||
		miss dovecot "apt-get install dovecot-imapd failed"
}

# unpack puts a package and the libraries that the system lacks under $cache/$1.
unpack() {
	name=$1 package=$2 program=$3
	[ -x "$cache/$name/$program" ] && return
	for tool in apt-get dpkg-deb; do
		command -v $tool >/dev/null || { miss "$name" "there is no $tool here"; return; }
	done
	update || { miss "$name" "apt-get update failed"; return; }

	# What would be installed says which libraries are lacking; mail transport agents and the like are not needed, but
	# Courier waits in vain for seconds where gamin does not tell it about changes of files.
	wanted=$(LC_ALL=C apt-get -s install --no-install-recommends "$package" |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -E "^(lib|$name|gamin)" | grep -vE -- '^libc6|-(dev|dbg|dbgsym|doc)$')
	case " $(echo $wanted) " in
	*" $package "*) ;;
	*) miss "$name" "there is no package $package"; return ;;
	esac

	new=$(mktemp -d "$cache/$name.XXXXXX") || { miss "$name" "cannot write to $cache"; return; }
	chmod 755 "$new"
	mkdir "$new/deb"
	# apt's sandbox user cannot write here; as root it would warn about that and go on without the sandbox.
	if (cd "$new/deb" && apt-get -o APT::Sandbox::User=root download -qq $wanted >/dev/null) &&
		for deb in "$new"/deb/*.deb; do dpkg-deb -x "$deb" "$new" || exit 1; done &&
		[ -x "$new/$program" ]; then
		rm -rf "$new/deb" "${cache:?}/$name"
		mv "$new" "$cache/$name" || miss "$name" "cannot write to $cache"
		return
	fi
	rm -rf "$new"
	miss "$name" "cannot download or unpack:" $wanted
}

mkdir -p "$cache" && exec 9>"$cache/.lock" || exit 1
flock 9 # another run may be at it

dovecot
unpack cyrus cyrus-imapd usr/lib/cyrus/bin/imapd
unpack courier courier-imap usr/bin/imapd

# Those two see mounts of their own in the places where Debian puts them.
unshare --mount --pid --fork mount -n -t tmpfs tmpfs /run 2>/dev/null ||
	miss "cyrus and courier" "tests can start them as root only, with the right to mount"

if $missing && $require; then
	exit 1
fi
exit 0
