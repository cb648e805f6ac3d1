#!/usr/bin/env bash
# Installs a wheel as a newcomer does and types what the README shows: a clean virtual environment, an empty HOME, no
# toolchain on the path, no network.
#
# usage: packaging/try_wheel.sh WHEEL
set -euo pipefail
wheel=$(realpath "$1")
repository=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
mkdir -p "$work/home" "$work/first" "$work/example/examples"
bin=$work/venv/bin
clean() { env -i HOME="$work/home" PATH="$bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"; }
# The first block of a language in the README.
block() { awk -v opening="\`\`\`$1" '$0 == opening { on = 1; next } on && $0 == "```" { exit } on' "$repository/README.md"; }

SECONDS=0
clean pip install --quiet --disable-pip-version-check --no-index "$wheel"
cd "$work/first"
block python > train.py
block yaml > sweep.yaml
clean sweep start sweep.yaml -j 2 --quiet | grep -q 'Best loss: 0.01'
clean sweep finalize --quiet --output report.html > printed
grep -q 'Parallel coordinates: loss' report.html
echo "From pip install to the report of the README's first sweep: $SECONDS s"

version=$(clean sweep --version)
[ "$(clean sweepml --version)" = "$version" ]
[ "$(clean python -m sweepml --version)" = "$version" ]
cd "$work/example"
cp "$repository/sweep_config.example.yaml" .
cp -r "$repository/examples/diabetes" examples
clean sweep start sweep_config.example.yaml --quiet > printed
grep -q 'Feature Importance and Correlation for r2' printed
[ "$(clean python -c 'import sweepml; print(len(sweepml.trials()))')" = 20 ]
echo "$version: the wheel works"
