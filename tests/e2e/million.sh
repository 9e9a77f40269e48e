#!/usr/bin/env bash
# What tests/bench/million asks of a store that is full, of a small one: everything is answered.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d "${TMPDIR:-/tmp}/causeway-e2e.XXXXXX")
trap 'rm -rf "$work"' EXIT
build=${CAUSEWAY_BUILD:-build/sanitize}
mkdir "$work/store"
"$build/tests/fill_store" "$work/store" 2000 >"$work/store/fill.json"
if tests/bench/million --try --messages 2000 --rounds 1 --store "$work/store" --build "$build" >"$work/answers"; then
    echo "ok store__full__everything_is_answered"
else
    cat "$work/answers"
    echo "not ok store__full__everything_is_answered"
    exit 1
fi
