#!/usr/bin/env bash
# The short form of tests/e2e/long_reorgs.sh.
export COUNT=${COUNT:-12} REORGS=${REORGS:-8}
exec "$(dirname "$0")/long_reorgs.sh"
