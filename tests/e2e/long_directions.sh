#!/usr/bin/env bash
# 200 messages in each of four directions at once.
COUNT=${COUNT:-200} LASTS=${LASTS:-400} PATIENCE=${PATIENCE:-360} exec "$(dirname "$0")/directions.sh"
