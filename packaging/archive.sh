#!/usr/bin/env bash
# Makes the release archive from the binary in a wheel: `sweep` with completions, manual pages and licences.
#
# usage: packaging/archive.sh WHEEL FOLDER      writes FOLDER/sweep-VERSION-TARGET.tar.gz
set -euo pipefail
wheel=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m zipfile -e "$wheel" "$work/wheel"
binary=$(ls "$work"/wheel/sweepml-*.data/scripts/sweep)
chmod 755 "$binary"
version=$("$binary" --version | cut -d ' ' -f 2)
target=$(basename "$wheel" .whl | sed 's/.*_\(x86_64\|aarch64\)$/\1/')-unknown-linux-gnu
name=sweep-$version-$target

mkdir -p "$work/$name/completions" "$work/$name/man"
cp "$binary" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$work/$name"
for shell in bash zsh fish; do
    "$binary" completions "$shell" > "$work/$name/completions/sweep.$shell"
done
"$binary" man "$work/$name/man" > /dev/null
# The same files give the same archive.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -C "$work" -c "$name" \
    | gzip -n9 > "$folder/$name.tar.gz"
echo "$folder/$name.tar.gz"
