# shellcheck shell=bash
# tools/common.sh: what the scripts of tools/ share; sourced, never run.
#
# A root user may not run a server, so root hands that (and only that) to the user postgres. Clients always
# run as the caller: the checkout may lie where postgres cannot read it.

set -euo pipefail

# shellcheck disable=SC2034
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${PG_CONFIG:=pg_config}"

# These belong to a make above us: its job server is not ours, its switches neither.
unset MAKEFLAGS MFLAGS MAKELEVEL

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# as_server CMD…: runs CMD as the user who may run a server.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && exec runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

# start_server CMD…: the same for what starts a server, which may need libraries loaded first.
start_server() {
	local -a words
	read -r -a words <<<"${ASH_SERVER_ENV:-}"
	as_server env "${words[@]}" "$@"
}

# give_to_server PATH…: makes what root wrote the server's own.
give_to_server() {
	if [ "$(id -u)" -eq 0 ]; then
		chown -R postgres: "$@"
	fi
}
