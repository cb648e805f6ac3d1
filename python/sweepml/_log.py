"""`log` and its kind: what a script calls. How values reach the store is in `_delivery`."""

import atexit
import json
import os
import threading
from typing import Any, Dict, Mapping, Optional

from ._delivery import Delivery
from ._trial import in_sweep
from ._values import Metric, now_ms, numbers

#: MLflow's `set_tracking_uri` changes the environment; the trial's run stays where it is.
_uri_at_import = os.environ.get("MLFLOW_TRACKING_URI", "")
_lock = threading.Lock()
_delivery: Optional[Delivery] = None
#: The next step of each metric that is logged without one.
_next_step: Dict[str, int] = {}


def log(metrics: Optional[Mapping[str, Any]] = None, /, step: Optional[int] = None, **more: Any) -> None:
    """Logs metrics to the run of this trial: `log(loss=0.3, step=7)` or `log({"val/loss": 0.3}, step=7)`.

    Without `step` each metric counts its own calls, from 0. Values may be numbers, NumPy scalars or tensors with one
    element; anything else is a `TypeError`. A store that is away is no error: values are kept and delivered before the
    trial gets its result. Outside a sweep nothing is logged or printed.
    """
    values = numbers({**(metrics or {}), **more})
    at = None if step is None else int(step)
    delivery = _open()
    if delivery is None or not values:
        return
    now = now_ms()
    with _lock:
        entries = [Metric(key, value, _step(key, at), now) for key, value in values.items()]
    delivery.add(entries)


def log_param(name: str, value: Any) -> None:
    """Logs a param. Those that the sweep varies are logged for you."""
    log_params({name: value})


def log_params(values: Mapping[str, Any], /) -> None:
    """Logs params; lists and dictionaries as JSON."""
    texts = [(str(name), text(value)) for name, value in values.items()]
    delivery = _open()
    if delivery is not None:
        delivery.add_words("param", texts)


def log_tag(name: str, value: Any) -> None:
    """Sets a tag of the run."""
    delivery = _open()
    if delivery is not None:
        delivery.add_words("tag", [(str(name), text(value))])


def flush() -> None:
    """Waits until all that was logged has left this process. It is done at exit, too."""
    if _delivery is not None:
        _delivery.close()


def text(value: Any) -> str:
    """A param's value as MLflow's clients would log it; lists and dictionaries as JSON."""
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, default=str)
    return str(value)


def _step(key: str, given: Optional[int]) -> int:
    step = _next_step.get(key, 0) if given is None else given
    _next_step[key] = max(_next_step.get(key, 0), step + 1)
    return step


def _open() -> Optional[Delivery]:
    """Where values go; `None` outside a sweep."""
    global _delivery
    if not in_sweep():
        return None
    with _lock:
        if _delivery is None:
            uri = _uri_at_import or os.environ.get("MLFLOW_TRACKING_URI", "")
            # MLflow's client takes MLFLOW_RUN_ID out of the environment once it has resumed the run.
            run_id = os.environ.get("SWEEP_RUN_ID") or os.environ.get("MLFLOW_RUN_ID", "")
            if not uri or not run_id:
                return None
            _delivery = Delivery(uri, run_id)
            atexit.register(_delivery.close)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=_after_fork)
    return _delivery


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    if _delivery is not None:
        _delivery.after_fork()
