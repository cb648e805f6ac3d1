#!/usr/bin/env bash
# Builds a wheel that runs on any Linux with glibc 2.17 or newer (2012), and checks its symbols and size.
#
# usage: packaging/wheel.sh [FOLDER]      FOLDER: where the wheel is put, emptied before; default: target/wheels
#
# Needs cargo, Python with venv, and objdump. Maturin and the Zig linker, which knows the symbols of old glibc versions, are
# installed into a virtual environment below the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
folder=${1:-$target/wheels}
tools=$target/wheel-tools
most_bytes=11000000

if [ ! -x "$tools/bin/maturin" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check maturin==1.16.0 ziglang==0.17.1
fi
export PATH="$PWD/$tools/bin:$tools/bin:$PATH"

rm -rf "$folder"
maturin build --profile dist --locked --zig --compatibility manylinux2014 --target "$(uname -m)-unknown-linux-gnu" \
    --compression-level 9 --out "$folder"

wheel=$(ls "$folder"/*.whl)
inside=$(mktemp -d)
trap 'rm -rf "$inside"' EXIT
python3 -m zipfile -e "$wheel" "$inside"
binary=$(ls "$inside"/sweepml-*.data/scripts/sweep)
newest=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
bytes=$(wc -c < "$wheel")
echo "$wheel: $bytes bytes, the binary $(wc -c < "$binary"), newest symbol $newest"
[ "$newest" = "$(printf '%s\nGLIBC_2.17\n' "$newest" | sort -V | head -n 1)" ] || { echo "error: newer than GLIBC_2.17" >&2; exit 1; }
[ "$bytes" -le "$most_bytes" ] || { echo "error: larger than $most_bytes bytes" >&2; exit 1; }
