#!/usr/bin/env bash
# Checks the container image as far as it goes without a container engine: its file system is made, and its command is
# started there as its user. Needs root, for chroot.
#
# usage: packaging/try_container.sh BINARY
set -euo pipefail
chroot --userspec=65532:65532 / true 2>/dev/null || { echo "skipped: this machine allows no chroot"; exit 0; }
here=$(realpath "$(dirname "$0")")
binary=$(realpath "$1")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
"$here/container_root.sh" "$binary" "$work/root"

# The command of Containerfile, but for the port.
mkfifo "$work/printed"
SWEEP_SERVER_TOKEN='a token of the test' chroot --userspec=65532:65532 "$work/root" \
    /sweep server --host 0.0.0.0 --port 0 --backend-store-uri sqlite:////data/mlflow.db > "$work/printed" 2> "$work/errors" &
server=$!
read -r url < "$work/printed" || { cat "$work/errors" >&2; exit 1; }
url=http://127.0.0.1:${url##*:}
[ "$(curl -s "${url%/}/health")" = OK ]
[ "$(curl -s -o /dev/null -w '%{http_code}' "${url%/}/api/2.0/mlflow/experiments/get?experiment_id=0")" = 401 ]
curl -sf -H 'Authorization: Bearer a token of the test' "${url%/}/api/2.0/mlflow/experiments/get?experiment_id=0" | grep -q Default
[ "$(stat -c %u "$work/root/data/mlflow.db")" = 65532 ]
echo "The image's file system ($(du -sm "$work/root" | cut -f 1) MB) starts its server as user 65532"
