#!/usr/bin/env bash
# tests/e2e/reorgs.sh in full: 200 withdrawals, 100 reorganizations.
export COUNT=${COUNT:-200} REORGS=${REORGS:-100}
exec "$(dirname "$0")/reorgs.sh"
