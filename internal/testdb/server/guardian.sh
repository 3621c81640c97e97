# Starts one server and keeps it for as long as any process holds the pipe
# "hold" open for writing. Arguments: the server's directory, the seconds to
# wait for a next holder, the signal that ends the server, its command.
#
# Each holder says "join" when it opens the pipe; "start" starts the server,
# at first and after it was stopped. When no holder is left, reading ends.
dir=$1 grace=$2 end=$3
shift 3
pid=
idle=
cd "$dir" || exit 1
echo $$ >guardian
exec 3<hold

while :; do
	if read -r word <&3; then
		idle=
		if [ "$word" = start ]; then
			[ -z "$pid" ] || wait "$pid"
			"$@" </dev/null >>log 2>&1 3<&- &
			pid=$!
			echo "$pid" >pid.new && mv -f pid.new pid
		fi
	elif [ -z "$idle" ]; then
		idle=yes
		sleep "$grace"
	elif [ -d closing ]; then
		# Whoever opened the pipe before the mark was made keeps the read
		# above waiting; whoever comes after it sees the mark and goes away.
		break
	else
		mkdir closing || [ -d "$dir" ] || break # somebody removed it all
	fi
done 2>/dev/null

exec 3<&-
# shellcheck disable=SC2046 # a list of process numbers
[ ! -s stopped ] || kill -CONT $(cat stopped) 2>/dev/null
if [ -n "$pid" ]; then
	kill -CONT "$pid" 2>/dev/null
	kill -s "$end" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	# Who manages a PostgreSQL leaves it running.
	if read -r server <data/postmaster.pid && tr '\0' ' ' <"/proc/$server/cmdline" | grep -qF "$dir"; then
		kill -s CONT "$server" && kill -s "$end" "$server"
		sleep 0.2
	fi 2>/dev/null
	# A PostgreSQL that was killed leaves its one System V segment behind.
	if [ -f data/postmaster.pid ] && command -v ipcrm >/dev/null; then
		# shellcheck disable=SC2046 # two words: key and number
		set -- $(sed -n 7p data/postmaster.pid)
		[ -z "$2" ] || ipcrm -m "$2" 2>/dev/null
	fi
fi
cd /
for _ in 1 2 3 4 5; do
	rm -rf "$dir" 2>/dev/null && break
	sleep 1 # a child of the server may still be writing
done
