#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Shows one exchange: runs a server and a client that idles, and sends SIGUSR1 to the server.
# usage: demo.sh FOLDER-OF-THE-PROGRAMS
set -u

programs=${1:?usage: demo.sh FOLDER-OF-THE-PROGRAMS}
folder=$(mktemp -d) || exit 1
server= client=

clean_up() {
    [ -z "$client" ] || kill "$client" 2>/dev/null
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "demo: $1" >&2
    cat "$folder"/* >&2
    exit 1
}

# wait_for PATTERN FILE waits up to ten seconds until the file has a matching line.
wait_for() {
    tries=100
    until grep -q "$1" "$2" 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$2 has no line like '$1'"
        sleep 0.1
    done
}

"$programs/echo_server" --listen 127.0.0.1:0 --spread 0 >"$folder/server" 2>"$folder/events" &
server=$!
wait_for '^listening on ' "$folder/server"
address=$(sed -n 's/^listening on //p' "$folder/server")

"$programs/client" "$address" >"$folder/transcript" &
client=$!
wait_for '^S: + ' "$folder/transcript"
kill -USR1 "$server"
wait "$client" || fail "the client did not complete the exchange"
client=

cat "$folder/transcript"
for line in '^S: [^ ]* LOGOUT$' '^C: \* BYE ' '^C: [^ ]* OK '; do
    grep -q "$line" "$folder/transcript" || fail "the transcript has no line like '$line'"
done
wait_for 'outcome=ANSWERED' "$folder/events"

kill -TERM "$server"
wait "$server" || fail "the server did not exit with status 0"
server=
