"""What a sweep found, for notebooks: its trials and its analysis, read by `sweep … --format json`."""

import html
import json
from typing import Any, Dict, List, Mapping, Optional

from ._binary import run_sweep


def trials(
    sweep: Optional[str] = None,
    *,
    where: Optional[str] = None,
    sort: Optional[str] = None,
    desc: bool = False,
    top: Optional[int] = None,
    frame: Optional[bool] = None,
    tracking_uri: Optional[str] = None,
    cwd: Optional[str] = None,
) -> Any:
    """The trials of a sweep: a pandas `DataFrame` where pandas is installed, else a list of dictionaries.

    `sweep` is an id, a prefix of it or a name; `None`: the latest of this directory. `where`, `sort`, `desc` and `top`
    are the options of `sweep trials`. `frame` chooses the type of the result. In a `DataFrame` parameters are columns
    `params.<path>` and metrics `metrics.<name>`.
    """
    args = ["trials", *_of(sweep, tracking_uri), "--format", "json"]
    if where is not None:
        args.append(f"--where={where}")
    if sort is not None:
        args.append(f"--sort={sort}")
    if desc:
        args.append("--desc")
    if top is not None:
        args.append(f"--top={int(top)}")
    rows: List[Dict[str, Any]] = json.loads(run_sweep(args, cwd=cwd))["trials"]
    for row in rows:
        row["value"] = _number(row["value"])
        row["metrics"] = {name: _number(value) for name, value in row["metrics"].items()}
    pandas = None if frame is False else _pandas(required=frame is True)
    if pandas is None:
        return rows
    table = pandas.DataFrame([_flat(row) for row in rows])
    for name in ("started", "ended"):
        if name in table:
            table[name] = pandas.to_datetime(table[name])
    return table


class Analysis:
    """Which parameters mattered, as `sweep analyze --format json` says (`data`). A notebook shows it as a table."""

    #: Key, heading, and how many digits stand behind the point.
    _COLUMNS = (
        ("importance", "Importance", 2),
        ("permutation_importance", "Permutation importance", 2),
        ("pearson", "Pearson", 2),
        ("spearman", "Spearman", 2),
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data: Dict[str, Any] = dict(data)

    @property
    def parameters(self) -> List[Dict[str, Any]]:
        """One dictionary a parameter, the most important first."""
        return list(self.data.get("parameters", []))

    @property
    def notes(self) -> List[str]:
        """What to keep in mind when reading the figures."""
        return [str(note) for note in self.data.get("notes", [])]

    def importance(self) -> Dict[str, float]:
        """The permutation importance of each parameter."""
        return {row["name"]: row["permutation_importance"] for row in self.parameters}

    def _rows(self) -> List[List[str]]:
        rows = []
        for row in self.parameters:
            cells = [_cell(row.get(key), digits) for key, _, digits in self._COLUMNS]
            error = row.get("permutation_std")
            if isinstance(error, (int, float)):
                cells[1] += f" ± {error:.2f}"
            rows.append([str(row.get("name", "")), *cells, str(row.get("effect") or "").replace("_", " ")])
        return rows

    def _headings(self) -> List[str]:
        return ["Parameter", *(heading for _, heading, _ in self._COLUMNS), "Effect"]

    def _foot(self) -> str:
        fit = self.data.get("oob_r2")
        tail = f" Out-of-bag R² {fit:.2f}." if isinstance(fit, (int, float)) else ""
        return f"{self.data.get('trials_used', 0)} trials used.{tail}"

    def _title(self) -> str:
        goal = self.data.get("goal")
        return f"Parameters and {self.data.get('metric', 'the metric')}" + (f" ({goal})" if goal else "")

    def __repr__(self) -> str:
        table = [self._headings(), *self._rows()]
        widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
        return "\n".join([self._title(), *lines, self._foot(), *(f"- {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        # Names and notes come from sweep files and stores of others: all text is escaped.
        def row(cells: List[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return (
            f"<table><caption>{html.escape(self._title())}</caption>"
            f"<thead>{row(self._headings(), 'th')}</thead>"
            f"<tbody>{''.join(row(cells, 'td') for cells in self._rows())}</tbody></table>"
            f"<p>{html.escape(self._foot())}</p>" + (f"<ul>{notes}</ul>" if notes else "")
        )


def analysis(
    sweep: Optional[str] = None,
    *,
    metric: Optional[str] = None,
    goal: Optional[str] = None,
    tracking_uri: Optional[str] = None,
    cwd: Optional[str] = None,
) -> Analysis:
    """Which parameters of a sweep mattered, also while it runs. `sweep` as in `trials`."""
    args = ["analyze", *_of(sweep, tracking_uri), "--format", "json"]
    if metric is not None:
        args.append(f"--metric={metric}")
    if goal is not None:
        args.append(f"--goal={goal}")
    return Analysis(json.loads(run_sweep(args, cwd=cwd)))


def _of(sweep: Optional[str], tracking_uri: Optional[str]) -> List[str]:
    args = [] if sweep is None else [f"--sweep-id={sweep}"]
    return args if tracking_uri is None else [*args, f"--tracking-uri={tracking_uri}"]


def _number(value: Any) -> Any:
    """JSON has no NaN and no infinities; they are texts there."""
    return float(value) if isinstance(value, str) else value


def _cell(value: Any, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, (int, float)) else "" if value is None else str(value)


def _flat(row: Mapping[str, Any]) -> Dict[str, Any]:
    """A row of a table: `params` and `metrics` as columns of their own, after the others."""
    flat = {key: value for key, value in row.items() if key not in ("params", "metrics")}
    flat.update({f"params.{path}": value for path, value in flattened(row["params"]).items()})
    flat.update({f"metrics.{name}": value for name, value in row["metrics"].items()})
    return flat


def flattened(values: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    """Nested dictionaries as one, by dotted paths."""
    result: Dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            result.update(flattened(value, f"{prefix}{key}."))
        else:
            result[f"{prefix}{key}"] = value
    return result


def _pandas(required: bool) -> Any:
    try:
        import pandas
    except ImportError:
        if required:
            raise
        return None
    return pandas
