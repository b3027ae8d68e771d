#!/usr/bin/env bash
# Updates the screenshots in docs/ from the demo:
#
#   tests/browser/pictures.sh
#
# Needs the browser test's packages (.ci/run installs them) and pngquant, all from Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for tool in node npm pngquant "${CHROMIUM:-/usr/bin/chromium}"; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install chromium nodejs npm pngquant fonts-noto-cjk fonts-noto-color-emoji" >&2; exit 1; }
done

scratch=$(mktemp -d)
demo=
finish() {
    if [[ -n $demo ]]; then kill "$demo" && wait "$demo" || true; fi
    rm -rf "$scratch"
}
trap finish EXIT

# take PICTURES SETTINGS...: starts a demo with these settings and takes these pictures of it.
take() {
    local pictures=$1 url= tries
    shift
    : >"$scratch/demo.log"
    target/debug/securityhub-members demo --port 0 "$@" </dev/null >"$scratch/demo.log" 2>&1 &
    demo=$!
    for ((tries = 0; tries < 600; tries++)); do
        url=$(sed -n 's|^Open \(http://[^ ]*\)/ .*$|\1|p' "$scratch/demo.log")
        if [[ -n $url ]]; then break; fi
        kill -0 "$demo" || { cat "$scratch/demo.log" >&2; return 1; }
        sleep 0.2
    done
    (cd tests/browser && DEMO_URL=$url node screenshot.mjs "$pictures" "$scratch/pictures")
    kill "$demo"
    wait "$demo" || true
    demo=
}

cargo build --locked
(cd tests/browser && npm ci --no-audit --no-fund)
take english
take japanese --timezone Asia/Tokyo --locale ja
for picture in "$scratch"/pictures/*.png; do
    pngquant --force --strip --skip-if-larger --speed 1 --output "docs/$(basename "$picture")" 256 "$picture"
    ls -l "docs/$(basename "$picture")"
done
