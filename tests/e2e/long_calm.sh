#!/usr/bin/env bash
# A day of L1 and of a rollup, by their blocks, in which nothing is wrong.
COUNT=${COUNT:-120} LASTS=${LASTS:-1260} PATIENCE=${PATIENCE:-300} L1_BLOCKS=${L1_BLOCKS:-7200} L2_BLOCKS=${L2_BLOCKS:-43200} \
    LONG_OUTAGES=${LONG_OUTAGES:-5} UNVERIFIED_ALERT_S=${UNVERIFIED_ALERT_S:-25} IDLE_S=${IDLE_S:-30} KILL_MS=${KILL_MS:-8000} \
    FINALITY=${FINALITY:-30} PAUSE_MS=${PAUSE_MS:-5000} KILLS_LAST=${KILLS_LAST:-700} exec "$(dirname "$0")/calm.sh"
