#!/bin/sh
# Installs `sweep` for one person: downloads the archive of a release, compares its checksum, puts the binary and its
# manual pages under ~/.local. Linux on x86-64 or aarch64, glibc 2.17 or newer.
#
# usage: install.sh [VERSION]      default: @VERSION@
#
# SWEEP_PREFIX       where to (default: ~/.local)
# SWEEP_REPOSITORY   the address of the repository (default: the one that this file was released in)
set -eu
version=${1:-@VERSION@}
prefix=${SWEEP_PREFIX:-$HOME/.local}
repository=${SWEEP_REPOSITORY:-@REPOSITORY@}

fail() { echo "error: $*" >&2; exit 1; }
[ "$(uname -s)" = Linux ] || fail "there are binaries for Linux only; build from source: cargo install --path ."
case $(uname -m) in
x86_64 | aarch64) target=$(uname -m)-unknown-linux-gnu ;;
*) fail "there is no binary for $(uname -m); build from source: cargo install --path ." ;;
esac
[ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] || fail "this system has no glibc (Alpine?)"
command -v curl > /dev/null || fail "curl is needed"

name=sweep-$version-$target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for file in "$name.tar.gz" SHA256SUMS; do
    curl --fail --silent --show-error --location --output "$file" "$repository/releases/download/v$version/$file" \
        || fail "cannot download $file of version $version from $repository"
done
grep " $name.tar.gz\$" SHA256SUMS > wanted || fail "SHA256SUMS does not name $name.tar.gz"
sha256sum --check --quiet wanted || fail "the checksum of $name.tar.gz is wrong: nothing was installed"
tar -xzf "$name.tar.gz"

mkdir -p "$prefix/bin" "$prefix/share/man/man1"
# Renamed into place, so that a running agent keeps its own binary.
cp "$name/sweep" "$prefix/bin/.sweep.new"
mv "$prefix/bin/.sweep.new" "$prefix/bin/sweep"
cp "$name"/man/*.1 "$prefix/share/man/man1"
echo "Installed $("$prefix/bin/sweep" --version) in $prefix/bin"
case :$PATH: in
*:"$prefix/bin":*) ;;
*) echo "Add $prefix/bin to PATH" ;;
esac
