#!/usr/bin/env bash
# Builds the documentation as a site of pages with a search field.
#
# usage: packaging/site.sh [FOLDER]      FOLDER: where the site is put, emptied before; default: target/site
#
# Needs mdbook (`cargo install mdbook`). The pages keep their places, so that the links between them hold as they stand in the
# repository (a test checks them); the table of contents is that of docs/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
site=$(realpath -m "${1:-${CARGO_TARGET_DIR:-target}/site}")
book=$(mktemp -d)
trap 'rm -rf "$book"' EXIT

# What pages link to comes along.
mkdir "$book/src"
git ls-files -z -- '*.md' docs examples python packaging sweep_config.example.yaml 'LICENSE-*' Containerfile action.yml |
    while IFS= read -r -d '' file; do
        mkdir -p "$book/src/$(dirname "$file")"
        cp "$file" "$book/src/$file"
    done

{
    echo "# Summary"
    echo
    echo "[sweep](README.md)"
    # A heading is a part; the first link of a row of its table is a page.
    sed -n -e 's/^## \(.*\)/\n# \1\n/p' -e 's/^| \[\([^]]*\)\](\([^)]*\.md\)).*/- [\1](docs\/\2)/p' docs/README.md |
        sed 's|(docs/\.\./|(|'
} > "$book/src/SUMMARY.md"

cat > "$book/book.toml" <<'TOML'
[book]
title = "sweep"
description = "Hyperparameter sweeps for any command, recorded in MLflow"
language = "en"
TOML

rm -rf "$site"
mdbook build "$book" --dest-dir "$site"
echo "$site/index.html"
