"""Takes pictures of the live page from the real program: sweeps of 2, 8 and 30 parameters, 1280 and 800 pixels wide, light and dark.

usage: python3 docs/pictures/page.py target/release/sweep

Needs `chromedriver` on the PATH and Pillow. The sweeps run in a temporary folder; page-PARAMETERS-WIDTH-SCHEME.webp are written beside
this file.
"""

import base64
import io
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
HEIGHTS = {2: 1200, 8: 1300, 30: 1300}
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


class Browser:
    """A Chromium, driven by WebDriver: a page that is fed live never comes to rest by itself."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=9517"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1"]
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}}
        for _ in range(100):
            try:
                self.session = f"/session/{self.ask('POST', '/session', wanted)['sessionId']}"
                return
            except urllib.error.URLError:
                time.sleep(0.1)
        raise SystemExit("chromedriver does not answer")

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:9517{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def command(self, name, **parameters):
        return self.ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": name, "params": parameters})

    def value(self, expression):
        return self.ask("POST", f"{self.session}/execute/sync", {"script": f"return {expression}", "args": []})

    def shot(self, url, width, height, scheme):
        """The page as an image."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("POST", f"{self.session}/url", {"url": url})
        for _ in range(300):
            if self.value("performance.getEntriesByName('first-view').length > 0 && !document.body.innerText.includes('computed')"):
                break
            time.sleep(0.1)
        time.sleep(0.5)
        picture = self.command("Page.captureScreenshot", format="png")["data"]
        return Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")

    def end(self):
        self.ask("DELETE", self.session)
        self.driver.terminate()


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
        browser = Browser()
        try:
            url = server.stdout.readline().strip().rstrip("/")
            for count, sweep in ids.items():
                for width in [1280, 800]:
                    for scheme in ["light", "dark"]:
                        picture = browser.shot(f"{url}/sweep/{sweep}", width, HEIGHTS[count], scheme)
                        picture.save(HERE / f"page-{count}-{width}-{scheme}.webp", quality=30, method=6)
        finally:
            browser.end()
            server.terminate()


main()
