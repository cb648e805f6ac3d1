"""Where the `sweep` program is, and how it is called."""

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import List, Mapping, Optional, Sequence


class BinaryNotFound(RuntimeError):
    """There is no `sweep` program on this machine, or it is not on the path."""


class SweepFailed(RuntimeError):
    """`sweep` ended with an error; the message is what it printed."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def find_sweep() -> str:
    """The path of the `sweep` program.

    Looked up in this order: `$SWEEP_BIN` (the agent sets it for its trials), the directory of scripts of this Python,
    that of the user's own packages, `PATH`.
    """
    name = "sweep.exe" if os.name == "nt" else "sweep"
    given = os.environ.get("SWEEP_BIN")
    candidates: List[str] = [given] if given else []
    candidates.append(os.path.join(sysconfig.get_path("scripts"), name))
    # The directory of a virtual environment whose Python is a link.
    candidates.append(os.path.join(os.path.dirname(sys.executable or ""), name))
    candidates.append(os.path.join(sysconfig.get_path("scripts", f"{os.name}_user"), name))
    for path in candidates:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    found = shutil.which(name)
    if found:
        return found
    raise BinaryNotFound("there is no `sweep` program: put it on PATH, or set SWEEP_BIN to its path")


def run_sweep(
    args: Sequence[str],
    *,
    cwd: Optional[str] = None,
    stdin: str = "",
    environment: Optional[Mapping[str, str]] = None,
) -> str:
    """Runs `sweep` to its end and returns what it printed.

    Raises `SweepFailed` where it ends with an error.
    """
    done = subprocess.run(
        [find_sweep(), *args],
        cwd=cwd,
        input=stdin.encode("utf-8"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if environment is None else {**os.environ, **environment},
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise SweepFailed(said or f"sweep {' '.join(args)} ended with exit code {done.returncode}", done.returncode)
    return done.stdout.decode("utf-8", "replace")
