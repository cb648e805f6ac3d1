"""`python -m sweepml ARGS` is `sweep ARGS`."""

import os
import subprocess
import sys

from ._binary import BinaryNotFound, find_sweep


def main() -> int:
    try:
        sweep = find_sweep()
    except BinaryNotFound as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 2
    if os.name == "posix":
        # The same process: signals and the exit code are the program's own.
        os.execv(sweep, [sweep, *sys.argv[1:]])
    return subprocess.call([sweep, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
