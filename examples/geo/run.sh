#!/bin/sh
# Runs the geography example in the fresh database that the PG* variables name.
# ISO_CODES_JSON overrides where Debian's package iso-codes keeps its JSON files.
set -eu
cd "$(dirname "$0")"
: "${ISO_CODES_JSON:=/usr/share/iso-codes/json}"
export ISO_CODES_JSON
if [ ! -r "$ISO_CODES_JSON/iso_3166-1.json" ]; then
	echo "run.sh: no $ISO_CODES_JSON/iso_3166-1.json: install iso-codes or set ISO_CODES_JSON" >&2
	exit 1
fi
exec psql -X -q -v ON_ERROR_STOP=1 -f demo.sql
