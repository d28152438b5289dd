#!/usr/bin/env bash
# Tests the three parts of this commit and builds their images; pushes nothing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need TAG
for part in frontend go laravel; do tested "$part"; build "$part"; done
