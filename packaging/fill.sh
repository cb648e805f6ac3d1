#!/bin/sh
# Fills in what only a release knows, and writes the files for it: the address of the repository, the version, the
# checksum of the source archive.
#
# usage: packaging/fill.sh REPOSITORY FOLDER      FOLDER holds the archives and gets install.sh, sweepml.rb, recipe.yaml
set -eu
repository=$1
folder=$2
here=$(dirname "$0")
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/../Cargo.toml" | head -n 1)
sha256=$(sha256sum "$folder/sweep-$version-source.tar.gz" | cut -d ' ' -f 1)
for file in install.sh homebrew/sweepml.rb conda/recipe.yaml; do
    sed "s|@REPOSITORY@|$repository|g; s|@VERSION@|$version|g; s|@SHA256@|$sha256|g" "$here/$file" > "$folder/$(basename "$file")"
done
