"""What can be logged: numbers as MLflow's REST API and `sweep log` read them."""

import math
import time
from typing import Any, Dict, Mapping, NamedTuple, Union


class Metric(NamedTuple):
    """One value of a metric."""

    key: str
    value: float
    step: int
    timestamp: int

    def as_json(self) -> Dict[str, Any]:
        """As both readers take it: JSON has no NaN and no infinities, they are texts."""
        value: Union[float, str] = self.value
        if math.isnan(self.value):
            value = "NaN"
        elif math.isinf(self.value):
            value = "Infinity" if self.value > 0 else "-Infinity"
        return {"key": self.key, "value": value, "step": self.step, "timestamp": self.timestamp}


def now_ms() -> int:
    return int(time.time() * 1000)


def is_number(value: Any) -> bool:
    """Whether `number` takes it."""
    try:
        number("", value)
    except TypeError:
        return False
    return True


def number(key: str, value: Any) -> float:
    """A number of any library: of Python, NumPy, or a tensor with one element. Texts are none."""
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        raise TypeError(f"the metric {key!r} is {value!r}, not a number")
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
    except Exception as error:  # What a library raises for an array of several elements is its own.
        kind = type(value).__name__
        raise TypeError(f"the metric {key!r} is a {kind}, not one number") from error


def numbers(values: Mapping[str, Any]) -> Dict[str, float]:
    """All values as numbers, or an error that names the one that is none."""
    return {str(key): number(str(key), value) for key, value in values.items()}
