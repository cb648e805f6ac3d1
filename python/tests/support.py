"""A tracking server and a `sweep` program that only remember what they are given, and scripts in the environment of a trial."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

PACKAGE = Path(__file__).resolve().parent.parent

#: What a fake answer is: a status and a body.
Answer = Tuple[int, str]


class Server:
    """Takes log-batch; `answer` may refuse."""

    def __init__(self) -> None:
        self.bodies: List[Dict[str, Any]] = []
        self.headers: List[Dict[str, str]] = []
        self.answer: Callable[[Dict[str, Any]], Answer] = lambda _: (200, "{}")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - http.server's name
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/secret/api/2.0/mlflow/runs/log-batch", self.path
                status, text = outer.answer(body)
                if status == 200:
                    outer.bodies.append(body)
                    outer.headers.append(dict(self.headers))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/secret/"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def of(self, kind: str) -> List[Dict[str, Any]]:
        """The metrics, params or tags that were taken."""
        return [item for body in self.bodies for item in body[kind]]

    def history(self, key: str) -> List[Tuple[int, Any]]:
        return [(item["step"], item["value"]) for item in self.of("metrics") if item["key"] == key]


#: A `sweep` that writes down its arguments, its input and where it logs to.
FAKE_SWEEP = """#!{python}
import json, os, sys
given = dict(args=sys.argv[1:], stdin=sys.stdin.read(), run=os.environ.get("MLFLOW_RUN_ID"))
with open({calls!r}, "a") as calls:
    calls.write(json.dumps(given) + "\\n")
print({says!r})
sys.stderr.write({complains!r})
sys.exit({code})
"""


class Place:
    """A directory with a fake `sweep`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.path = Path(self._folder.name)
        self.sweep = self.path / "bin" / "sweep"
        self.sweep.parent.mkdir()

    def close(self) -> None:
        self._folder.cleanup()

    def with_sweep(self, says: str = "", complains: str = "", code: int = 0) -> None:
        calls = str(self.path / "calls")
        self.sweep.write_text(
            FAKE_SWEEP.format(python=sys.executable, calls=calls, says=says, complains=complains, code=code)
        )
        self.sweep.chmod(0o755)

    def calls(self) -> List[Dict[str, Any]]:
        file = self.path / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def environment(**more: str) -> Dict[str, str]:
    """That of a process outside of any trial."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SWEEP_", "MLFLOW_"))}
    return {**kept, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", **more}


def of_trial(uri: str, params: Optional[Dict[str, Any]] = None, **more: str) -> Dict[str, str]:
    """That of a trial."""
    trial = {
        "MLFLOW_TRACKING_URI": uri,
        "MLFLOW_RUN_ID": "run7",
        "SWEEP_RUN_ID": "run7",
        "SWEEP_ID": "parent",
        "SWEEP_TRIAL": "7",
        "SWEEP_TRIAL_SEED": "11",
        "SWEEP_PARAMS": json.dumps({} if params is None else params),
        "NO_PROXY": "127.0.0.1",
    }
    return environment(**{**trial, **more})


def run(script: str, env: Dict[str, str], cwd: Optional[Path] = None) -> "subprocess.CompletedProcess[str]":
    """A script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=60,
        check=False,
    )
