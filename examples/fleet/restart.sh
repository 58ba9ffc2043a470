#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Restarts the servers of an HAProxy backend one after the other: restart.sh SOCKET BACKEND SERVER...
#
# $RESTART SERVER restarts one server, and returns when the old process of the server has ended. A step ends when all
# servers of the backend are up after that. The script stops if a restart fails, or if a step takes longer than LIMIT
# seconds.
set -eu

socket=$1 backend=$2 restart=${RESTART:-over_ssh} limit=${LIMIT:-120} pause=${PAUSE:-2}
shift 2

over_ssh() { ssh -n -o ServerAliveInterval=30 "$1" systemctl restart slogout-proxy; }

is_up() # Returns whether all servers of the backend are up.
{
    echo 'show stat' | socat - "UNIX-CONNECT:$socket" | awk -F, -v backend="$backend" \
        '$1 == backend && $2 !~ /END$/ { if ($18 == "UP") up++; else other++ } END { exit other || !up }'
}

for server; do
    echo "restarting $server"
    $restart "$server"
    begun=$(date +%s)
    until is_up; do
        [ $(($(date +%s) - begun)) -lt "$limit" ] || { echo "not all servers of $backend are up" >&2; exit 1; }
        sleep 1
    done
    sleep "$pause"
done
