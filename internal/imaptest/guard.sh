# Usage: guard FOLDER SETUP COMMAND ARGUMENT…
#
# Runs the command, its output to where this script's goes, until the end of standard input; then ends it and all that it
# started, and removes the folder, unless there is FOLDER/keep, which goes instead. FOLDER/ended appears when the command
# ends, which it should not do by itself; FOLDER/pid holds the number of its process group.
#
# With a setup, which is shell commands, the command has mounts of its own, which the setup makes, and processes of its
# own, all of which the kernel ends with the first.
folder=$1 setup=$2
shift 2

if [ -n "$setup" ]; then
	set -- unshare --mount --pid --fork --kill-child --mount-proc sh -c "set -e; $setup; \"\$@\"" setup "$@"
fi

exec 3<&0 # a background command's standard input is empty
setsid "$@" </dev/null 3<&- &
server=$! # and, thanks to setsid, the number of its process group
echo "$server" >"$folder/pid"
{
	cat <&3 >/dev/null
	kill -KILL "-$server" 2>/dev/null
} &
watcher=$!
wait "$server"
echo "ended with status $?"
touch "$folder/ended"
wait "$watcher"

# The last of them may be dying yet. Where nobody collects the dead they look alive, hence not for ever.
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	kill -0 "-$server" 2>/dev/null || break
	sleep 0.02
done
rm "$folder/keep" 2>/dev/null || rm -rf "$folder" || { sleep 1 && rm -rf "$folder"; }
