#!/bin/sh
# Runs the help desk example in the fresh database that the PG* variables name.
set -eu
cd "$(dirname "$0")"
exec psql -X -q -v ON_ERROR_STOP=1 -f demo.sql
