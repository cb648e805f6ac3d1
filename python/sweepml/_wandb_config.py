"""`wandb.config` and `wandb.summary` of the drop-in."""

import sys
from typing import Any, Dict, Mapping, Optional

from ._log import log, log_params
from ._results import flattened
from ._trial import Params, in_sweep, merged, nested, of_sweep
from ._values import is_number


class Config(Params):
    """`wandb.config`: the script's values, and above them those that the sweep chose, which cannot be changed."""

    def begin(self, values: Optional[Mapping[str, Any]]) -> None:
        """Starts with the defaults of a script; those that the sweep does not vary are logged as params."""
        self.clear()
        dict.update(self, merged(values or {}, of_sweep()))
        self._log(values or {})

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def update(self, values: Any = None, allow_val_change: Any = None, **more: Any) -> None:  # type: ignore[override]
        """Adds values. Nothing is locked but the sweep's own values, whatever `allow_val_change` says."""
        given = {**_mapping(values), **more}
        chosen = of_sweep()
        kept = merged(given, {key: value for key, value in chosen.items() if key in given})
        for key, value in nested(given).items():
            if key in chosen and value != kept[key]:
                print(f"sweepml: config.{key} is chosen by the sweep and stays {kept[key]!r}", file=sys.stderr)
        dict.update(self, kept)
        self._log(given)

    def setdefaults(self, values: Mapping[str, Any]) -> None:
        """Adds the values that are not there yet."""
        self.update({key: value for key, value in _mapping(values).items() if key not in self})

    def as_dict(self) -> Dict[str, Any]:
        return dict(self)

    def _log(self, given: Mapping[str, Any]) -> None:
        if in_sweep():
            chosen = flattened(of_sweep())
            log_params({path: value for path, value in flattened(given).items() if path not in chosen})


class Summary(Dict[str, Any]):
    """`wandb.summary`: the latest values. A number that a script sets here is logged as the latest value of that metric."""

    def __setitem__(self, key: str, value: Any) -> None:
        dict.__setitem__(self, key, value)
        if is_number(value):
            log({key: value})

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def update(self, *values: Any, **more: Any) -> None:
        for key, value in dict(*values, **more).items():
            self[key] = value

    def seen(self, values: Mapping[str, Any]) -> None:
        """Takes the values of `wandb.log`, which are logged already."""
        dict.update(self, values)


def _mapping(values: Any) -> Mapping[str, Any]:
    """A dictionary, or the namespace of argparse."""
    if values is None:
        return {}
    return values if isinstance(values, Mapping) else vars(values)
