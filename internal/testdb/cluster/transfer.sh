#!/bin/sh
# How a node of a Galera cluster gets the data of another one on the same
# machine: the server calls it as wsrep_sst_files, on both sides, and the two
# talk to their servers in lines. The address of the one that joins is its data
# directory.
while [ $# -gt 0 ]; do
	case $1 in
	--role) role=$2 ;;
	--address) address=$2 ;;
	--datadir) data=${2%/} ;;
	--gtid) state=$2 ;;
	--gtid-domain-id) domain=$2 ;;
	--parent) parent=$2 ;;
	--bypass) bypass=yes ;;
	--mysqld-args) break ;;
	esac
	shift
done
own='-name grastate.dat -o -name gvwstate.dat -o -name galera.cache -o -name transferred*'

if [ "$role" = joiner ]; then
	rm -f "$data/transferred"
	echo "ready $data"
	until [ -f "$data/transferred" ]; do
		kill -0 "$parent" || exit 32
		sleep 0.1
	done
	cat "$data/transferred"
	rm -f "$data/transferred"
	exit 0
fi

state="$state $domain"
if [ -z "$bypass" ]; then
	rm -f "$data/tables_flushed" "$data/sst_error"
	echo 'flush tables'
	until grep -q : "$data/tables_flushed" 2>/dev/null; do
		[ ! -f "$data/sst_error" ] || exit 255
		sleep 0.1
	done
	state=$(cat "$data/tables_flushed")
	rm -f "$data/tables_flushed"
	# shellcheck disable=SC2086 # words of find
	find "$address" -mindepth 1 -maxdepth 1 ! \( $own \) -exec rm -rf {} + &&
		find "$data" -mindepth 1 -maxdepth 1 ! \( $own \) -exec cp -a {} "$address"/ \; || exit 255
fi
echo continue
echo "$state" >"$address/transferred.new" && mv "$address/transferred.new" "$address/transferred" || exit 255
echo "done $state"
