#!/usr/bin/env bash
# Power cuts at every operation of the disk, each torn in several ways: the store, the signer's journal, a lane.
set -euo pipefail
BUILD=${CAUSEWAY_BUILD:-$(dirname "$0")/../../build/sanitize}
"$BUILD/tests/test_store_power" 2
"$BUILD/tests/test_sign_power" 300
"$BUILD/tests/test_lane_power" 1 100
