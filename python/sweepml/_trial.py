"""What a trial is given: its parameters, its checkpoint directory, the request to stop."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Union


class Params(Dict[str, Any]):
    """Parameters: a dictionary whose entries can also be read as attributes, nested ones too.

    A parameter that is called like a method of dictionaries (`items`) is read as `p["items"]`.
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(map(str, self)) or "none"
            raise AttributeError(f"there is no parameter {name!r} (there are: {known})") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def nested(values: Mapping[str, Any]) -> Params:
    """A copy whose inner dictionaries are `Params` as well."""
    return Params({key: nested(value) if isinstance(value, Mapping) else value for key, value in values.items()})


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Params:
    """Both, key by key in nested dictionaries; where both have a value, that of `above`."""
    result = nested(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(value, Mapping):
            result[key] = merged(old if isinstance(old, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def in_sweep() -> bool:
    """Whether this process is (part of) a trial."""
    return bool(os.environ.get("SWEEP_TRIAL")) and bool(os.environ.get("SWEEP_PARAMS"))


def of_sweep() -> Params:
    """The parameters that the sweep chose; empty outside a sweep."""
    if not in_sweep():
        return Params()
    found = json.loads(os.environ["SWEEP_PARAMS"])
    if not isinstance(found, dict):
        raise ValueError("SWEEP_PARAMS is not a JSON object")
    return nested(found)


def params(defaults: Optional[Mapping[str, Any]] = None, /, **more: Any) -> Params:
    """The parameters of this trial, with the types of the sweep file, nested as there.

    Arguments are defaults: for parameters that the sweep does not vary, and for all of them outside a sweep.
    """
    return merged({**(defaults or {}), **more}, of_sweep())


def trial_number() -> Optional[int]:
    """The number of this trial, from 0; `None` outside a sweep."""
    return int(os.environ["SWEEP_TRIAL"]) if in_sweep() else None


def trial_seed(default: int = 0) -> int:
    """The seed of this trial (`SWEEP_TRIAL_SEED`): the same for each attempt at it, another one in `sweep rerun`."""
    given = os.environ.get("SWEEP_TRIAL_SEED") if in_sweep() else None
    return int(given) if given else default


def checkpoint_dir(default: Union[str, "os.PathLike[str]", None] = None) -> Optional[Path]:
    """The directory for checkpoints, made where it is missing. All attempts at a trial share it, and so does a trial
    that continues another one (`successive_halving`): look there for a checkpoint before you start from nothing.

    Outside a sweep it is `default`; `None` where that is not given.
    """
    given = os.environ.get("SWEEP_CHECKPOINT_DIR") if in_sweep() else None
    chosen = given or default
    if chosen is None:
        return None
    path = Path(chosen)
    path.mkdir(parents=True, exist_ok=True)
    return path


_stop = threading.Event()
_listening = False


def should_stop() -> bool:
    """Whether the trial was asked to end (early stopping, a timeout, `sweep cancel`, the end of the agent).

    Ask once an epoch. The first call installs a handler for SIGTERM, so that the request no longer ends the process at
    once: save what you need and leave within `grace` (30 s), after which the process is killed. A second SIGTERM ends
    it. Outside a sweep nothing is installed, and the answer is always no.
    """
    global _listening
    if not _listening and in_sweep() and threading.current_thread() is threading.main_thread():
        _listening = True
        _listen()
    return _stop.is_set()


def _listen() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def asked(number: int, frame: Any) -> None:
        if _stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        _stop.set()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, asked)
