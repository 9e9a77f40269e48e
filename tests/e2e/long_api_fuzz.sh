#!/usr/bin/env bash
# api_fuzz.sh for longer.
COUNT=${COUNT:-200000} exec "$(dirname "$0")/api_fuzz.sh"
