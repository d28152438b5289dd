#!/usr/bin/env bash
# Builds the three images of this commit; pushes nothing.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need TAG
for part in frontend go laravel; do build "$part"; done
