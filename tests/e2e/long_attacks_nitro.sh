#!/usr/bin/env bash
# All attacks on a Nitro rollup; see attacks_nitro.sh.
export ALL=yes
exec "$(dirname "$0")/attacks_nitro.sh"
