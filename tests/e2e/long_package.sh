#!/usr/bin/env bash
# package.sh once more, with what is really given away: a release build, as the README's "Install" makes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(mktemp -d "${TMPDIR:-/tmp}/causeway-release.XXXXXX")
trap 'rm -rf "$build"' EXIT
if ! { cmake -C config/presets/release.cmake -B "$build" -G Ninja && cmake --build "$build"; } >"$build/log" 2>&1; then
    tail -n 40 "$build/log"
    echo 'not ok release__builds'
    exit 1
fi
echo 'ok release__builds'
CAUSEWAY_BUILD=$build tests/e2e/package.sh
