#!/usr/bin/env bash
# The torture of 300 withdrawals.
COUNT=${COUNT:-300} LASTS=${LASTS:-480} PATIENCE=${PATIENCE:-360} exec "$(dirname "$0")/torture.sh"
