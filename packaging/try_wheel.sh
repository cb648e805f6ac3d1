#!/usr/bin/env bash
# Installs a wheel as a newcomer does and runs the example to its report: a clean virtual environment, an empty HOME, no
# toolchain on the path, no network.
#
# usage: packaging/try_wheel.sh WHEEL
set -euo pipefail
wheel=$(realpath "$1")
repository=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
mkdir "$work/home" "$work/project"
cp "$repository/sweep_config.example.yaml" "$work/project"
mkdir "$work/project/examples"
cp -r "$repository/examples/diabetes" "$work/project/examples"
cd "$work/project"
bin=$work/venv/bin
clean() { env -i HOME="$work/home" PATH="$bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"; }

SECONDS=0
clean pip install --quiet --disable-pip-version-check --no-index "$wheel"
version=$(clean sweep --version)
[ "$(clean sweepml --version)" = "$version" ]
[ "$(clean python -m sweepml --version)" = "$version" ]
clean sweep start sweep_config.example.yaml --quiet > printed
grep -q 'Feature Importance and Correlation for r2' printed
report=$(find mlruns -name report.html)
[ "$(wc -c < "$report")" -gt 10000 ]
[ "$(clean python -c 'import sweepml; print(len(sweepml.trials()))')" = 20 ]
echo "$version: from pip install to the report in $SECONDS s"
