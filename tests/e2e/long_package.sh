#!/usr/bin/env bash
# package.sh once more, with what is really given away: a release build, as the README's "Install" makes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(mktemp -d "${TMPDIR:-/tmp}/causeway-release.XXXXXX")
trap 'rm -rf "$build"' EXIT
# Without the API there is no HTTP library in it, and who configures one is told.
if ! { cmake -C config/presets/release.cmake -B "$build/bare" -G Ninja -D CAUSEWAY_API=OFF -D BUILD_TESTING=OFF &&
    cmake --build "$build/bare" -t causeway; } >"$build/log" 2>&1; then
    tail -n 40 "$build/log"
    echo 'not ok release__without_api__builds'
    exit 1
fi
ldd "$build/bare/relayer/causeway" | grep -q microhttpd && echo 'not ok release__without_api__needs_no_library' ||
    echo 'ok release__without_api__needs_no_library'
if CAUSEWAY_SET_DATA_DIR=$build/data CAUSEWAY_SET_API__LISTEN=127.0.0.1:0 timeout 30 "$build/bare/relayer/causeway" \
    run --dry-run --plain --config config/examples/opstack.json 2>&1 | grep -q 'built without it'; then
    echo 'ok release__without_api__told'
else
    echo 'not ok release__without_api__told'
fi
if ! { cmake -C config/presets/release.cmake -B "$build" -G Ninja && cmake --build "$build"; } >"$build/log" 2>&1; then
    tail -n 40 "$build/log"
    echo 'not ok release__builds'
    exit 1
fi
echo 'ok release__builds'
CAUSEWAY_BUILD=$build tests/e2e/package.sh
