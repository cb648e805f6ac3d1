"""Helpers for training scripts that run as trials of `sweep`.

Optional: a trial needs nothing installed, and MLflow's client works in one as it stands. This package has no
dependencies. Outside a sweep every function is harmless, so that a script also runs alone::

    import sweepml

    p = sweepml.params(lr=0.01, epochs=10)          # the sweep's values in a trial, these defaults elsewhere
    for epoch in range(p.epochs):
        loss = train(p.lr)
        sweepml.log(loss=loss, step=epoch)
        if sweepml.should_stop():
            break

`import sweepml.wandb as wandb` runs a script that was written for W&B.
"""

from ._binary import BinaryNotFound, SweepFailed, find_sweep
from ._log import flush, log, log_param, log_params, log_tag
from ._results import Analysis, analysis, trials
from ._trial import Params, checkpoint_dir, in_sweep, params, should_stop, trial_number, trial_seed

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "BinaryNotFound",
    "Params",
    "SweepFailed",
    "analysis",
    "checkpoint_dir",
    "find_sweep",
    "flush",
    "in_sweep",
    "log",
    "log_param",
    "log_params",
    "log_tag",
    "params",
    "should_stop",
    "trial_number",
    "trial_seed",
    "trials",
]
