"""A drop-in for the part of W&B that training scripts use in a sweep: `import sweepml.wandb as wandb`.

`init`, `config`, `log`, `summary`, `finish`, `run`, `define_metric`, `save`, `watch` and `alert` work in a trial, with MLflow
as the record. Media (`Image`, `Table`, `Histogram`, …) and texts are accepted and not logged. Outside a sweep the calls
do nothing, and `config` holds the script's own values. Nothing is ever sent to W&B.
"""

from glob import glob
import os
import sys
from typing import Any, Callable, Dict, Mapping, Optional, Set

from ._binary import BinaryNotFound, SweepFailed, run_sweep
from ._log import flush
from ._log import log as _log_metrics
from ._log import log_tag
from ._results import flattened
from ._trial import checkpoint_dir, in_sweep, trial_number
from ._values import is_number, number
from ._wandb_config import Config, Summary, _mapping

config = Config()
summary = Summary()
run: Optional["Run"] = None

_skipped: Set[str] = set()


class Run:
    """What `wandb.init` returns."""

    def __init__(self, name: Optional[str], project: Optional[str]) -> None:
        self.config = config
        self.summary = summary
        self.step = 0
        self.id = os.environ.get("SWEEP_RUN_ID", "")
        self.sweep_id = os.environ.get("SWEEP_ID") if in_sweep() else None
        number_of_trial = trial_number()
        self.name = name or ("" if number_of_trial is None else f"trial-{number_of_trial:04}")
        self.project = project or ""
        self.entity = self.group = self.notes = self.url = ""
        self.dir = str(checkpoint_dir() or os.getcwd())
        self._waiting: Dict[str, Any] = {}

    def log(
        self, data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, **_: Any
    ) -> None:
        """Logs numbers; nested dictionaries by dotted names. The step goes up with each call, as W&B's does, unless
        `step` is given or `commit` is false."""
        if step is not None:
            self.step = int(step)
        values = {}
        for key, value in flattened(data).items():
            if is_number(value):
                values[key] = number(key, value)
            elif key not in _skipped:
                _skipped.add(key)
                _say(f"{key!r} is a {type(value).__name__}, not a number, and is not logged")
        _log_metrics(values, step=self.step)
        summary.seen(values)
        if commit or (commit is None and step is None):
            self.step += 1

    def log_code(self, *_: Any, **__: Any) -> None:
        """`sweep` records commit and changes of each trial itself."""

    def define_metric(self, name: str, *_: Any, **options: Any) -> None:
        define_metric(name, **options)

    def finish(self, exit_code: Optional[int] = None, **_: Any) -> None:
        finish(exit_code)

    def save(self, *args: Any, **more: Any) -> None:
        save(*args, **more)

    def watch(self, *_: Any, **__: Any) -> None:
        """Gradients are not logged."""

    def unwatch(self, *_: Any, **__: Any) -> None:
        """See `watch`."""

    def alert(self, title: str = "", text: str = "", **_: Any) -> None:
        alert(title, text)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.finish(None if kind is None else 1)


def init(
    *_: Any,
    project: Optional[str] = None,
    config: Any = None,  # noqa: A002 - W&B's name
    name: Optional[str] = None,
    tags: Any = None,
    notes: Optional[str] = None,
    **__: Any,
) -> Run:
    """Starts the run of this trial. Its project, entity, mode and other settings are the sweep's, not the script's."""
    global run
    globals()["config"].begin(_mapping(config))
    summary.clear()
    run = Run(name, project)
    if name:
        log_tag("mlflow.runName", name)
    if notes:
        log_tag("mlflow.note.content", notes)
    for tag in [tags] if isinstance(tags, str) else tags or ():
        # Under a name of their own: `sweep` and MLflow read tags, too.
        log_tag(f"wandb.tag.{tag}", "true")
    return run


def log(data: Mapping[str, Any], step: Optional[int] = None, commit: Optional[bool] = None, **more: Any) -> None:
    """Logs to the run that `init` started; see `Run.log`."""
    if run is None:
        raise RuntimeError("You must call wandb.init() before wandb.log()")
    run.log(data, step, commit, **more)


def finish(exit_code: Optional[int] = None, **_: Any) -> None:
    """Sends what waits. The exit code of the process decides what becomes of the trial."""
    global run
    flush()
    run = None


def define_metric(name: str, *_: Any, **options: Any) -> None:
    """Which value of a metric counts is `metric.summary` of the sweep file."""
    if options.get("summary") in ("min", "max", "best", "mean") and in_sweep() and name not in _skipped:
        _skipped.add(name)
        _say(f"define_metric: write `metric: {{name: {name}, summary: {options['summary']}}}` in the sweep file")


def save(glob_str: Any = None, base_path: Any = None, policy: Any = None) -> None:
    """Logs files as artifacts of the run."""
    paths = sorted(glob(os.fspath(glob_str))) if glob_str is not None and in_sweep() else []
    if not paths:
        return
    run_id = os.environ.get("SWEEP_RUN_ID", "")
    try:
        run_sweep(["log", "artifact", "--", *paths], environment={"MLFLOW_RUN_ID": run_id})
    except (BinaryNotFound, SweepFailed) as error:
        _say(f"{glob_str} was not saved: {error}")


def alert(title: str = "", text: str = "", **_: Any) -> None:
    """Prints it: the output of a trial is kept with its run."""
    if in_sweep():
        _say(f"{title}: {text}")


def login(*_: Any, **__: Any) -> bool:
    """There is nothing to log in to."""
    return True


def watch(*_: Any, **__: Any) -> None:
    """Gradients are not logged."""


def unwatch(*_: Any, **__: Any) -> None:
    """See `watch`."""


def termlog(string: str = "", *_: Any, **__: Any) -> None:
    _say(string)


termwarn = termerror = termlog


def sweep(*_: Any, **__: Any) -> str:
    """Sweeps are made outside of scripts."""
    raise RuntimeError("write the sweep's dictionary as a YAML file with `program:`, and call: sweep init FILE")


def agent(sweep_id: str = "", function: Optional[Callable[[], Any]] = None, *_: Any, **__: Any) -> None:
    """In a trial: calls the function, once. Agents are started outside of scripts."""
    if function is None or not in_sweep():
        raise RuntimeError("agents are started by: sweep run")
    function()


class Settings(Dict[str, Any]):
    """Accepted, and without an effect."""


class _Media:
    """A value that is accepted by `log` and not logged."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_, **__: None


class Image(_Media):
    pass


class Video(_Media):
    pass


class Audio(_Media):
    pass


class Table(_Media):
    pass


class Histogram(_Media):
    pass


class Html(_Media):
    pass


class Object3D(_Media):
    pass


class Molecule(_Media):
    pass


class Plotly(_Media):
    pass


def _say(message: str) -> None:
    if in_sweep():
        print(f"sweepml.wandb: {message}", file=sys.stderr, flush=True)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(
        f"sweepml.wandb has no {name!r}: it covers init, config, log, summary, finish, run, define_metric, save, watch, alert"
    )
