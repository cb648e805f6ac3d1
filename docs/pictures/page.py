"""Takes pictures of the live page from the real program: sweeps of 2, 8 and 30 parameters, 1280 and 800 pixels wide, light and dark.

usage: python3 docs/pictures/page.py target/release/sweep

Needs `chromium` on the PATH and Pillow. The sweeps run in a temporary folder; page-PARAMETERS-WIDTH-SCHEME.webp are written beside
this file.
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
HEIGHTS = {2: 1500, 8: 2000, 30: 2000}
# What is trained: a loss that falls, to a value that depends on the first parameters; some fail.
SCRIPT = r"""
awk -v trial="$SWEEP_TRIAL" -v lr="$1" -v depth="$2" 'BEGIN {
    if (depth == 7 && lr > 0.02) { print "out of memory: 17 GB asked for"; exit 137 }
    d = log(lr / 0.005); best = 0.05 * d * d + 0.03 * (depth - 4) * (depth - 4)
    srand(trial); best += 0.02 * rand()
    for (step = 1; step <= 12; step++) print "loss=" best + 0.9 * exp(-step / 3)
}'
"""
NAMES = ["lr", "depth", "dropout", "momentum", "batch_size", "optimizer", "weight_decay", "warmup"]
SHAPES = {
    "lr": "{distribution: log_uniform_values, min: 0.0001, max: 0.1}",
    "depth": "{min: 1, max: 8}",
    "batch_size": "{values: [16, 32, 64, 128]}",
    "optimizer": "{values: [adam, sgd, rmsprop]}",
}


def names(count):
    return (NAMES + [f"layer_{number:02}_width" for number in range(1, 30)])[:count]


def sweep_file(count):
    parameters = "".join(f"  {name}: {SHAPES.get(name, '{min: 0.0, max: 1.0}')}\n" for name in names(count))
    return (
        "command: [sh, train.sh, '${lr}', '${depth}']\nmethod: random\nseed: 4\nrun_cap: 150\n"
        f"sweep_name: parameters-{count}\nmetric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\n"
        f"early_terminate: {{type: median, min_trials: 10}}\nparameters:\n{parameters}"
    )


def shot(url, width, height, scheme):
    """The page as an image."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        subprocess.run(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
             f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}", f"--window-size={width},{height}",
             "--virtual-time-budget=8000", f"--screenshot={picture}", url],
            check=True, capture_output=True, timeout=120,
        )
        return Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")


def main():
    program = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        def run(*arguments):
            done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
            return done.stdout

        Path(folder, "train.sh").write_text(SCRIPT)
        ids = {}
        for count in HEIGHTS:
            Path(folder, "sweep.yaml").write_text(sweep_file(count))
            ids[count] = run("init", "-q", "sweep.yaml").strip().splitlines()[-1].split()[-1]
            run("run", "-q", "--max-failures", "1000", "-j", "2")
        server = subprocess.Popen([program, "ui"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            url = server.stdout.readline().strip().rstrip("/")
            for count, sweep in ids.items():
                for width in [1280, 800]:
                    for scheme in ["light", "dark"]:
                        picture = shot(f"{url}/sweep/{sweep}", width, HEIGHTS[count], scheme)
                        picture.save(HERE / f"page-{count}-{width}-{scheme}.webp", quality=45, method=6)
        finally:
            server.terminate()


main()
