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
mkdir -p "$work/home" "$work/first" "$work/new" "$work/example/examples"
bin=$work/venv/bin
clean() { env -i HOME="$work/home" PATH="$bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"; }
# The first block of a language on a page.
block() { awk -v opening="\`\`\`$1" '$0 == opening { on = 1; next } on && $0 == "```" { exit } on' "$repository/$2"; }

# The session of docs/install.md, as it is typed there. A person edits one line in between.
SECONDS=0
cd "$work/new"
cp "$wheel" .
block python README.md > train.py
metric=$(block yaml docs/install.md)
awk '/typed by packaging/ { on = 1 } /^## Systems/ { exit } on && sub(/^\$ /, "")' "$repository/docs/install.md" > session
while IFS= read -r line; do
    [[ $line != "sweep check"* ]] || METRIC=$metric perl -pi -e 's/^# metric: .*from_output.*/$ENV{METRIC}/' sweep.yaml
    clean PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 bash -c "$line" < /dev/null >> printed 2>&1 || { cat printed; exit 1; }
done < session
[ "$(wc -l < session)" = 5 ]
grep -q 'Wrote sweep.yaml: 2 parameters varied' printed
grep -q 'Parallel coordinates: loss' report.html
echo "From pip install to the report of a sweep that \`sweep new\` wrote: $SECONDS s"

cd "$work/first"
block python README.md > train.py
block yaml README.md > sweep.yaml
clean sweep start sweep.yaml -j 2 --quiet | grep -q 'Best loss: 0.01'
clean sweep finalize --quiet --output report.html > printed
grep -q 'Parallel coordinates: loss' report.html

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
