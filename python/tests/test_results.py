"""Trials and analyses for notebooks."""

import json
import math
import os
import unittest
from unittest import mock

import sweepml

from . import support

TRIALS = {
    "sweep_id": "0" * 32,
    "sweep_name": "a",
    "metric": {"name": "loss", "goal": "minimize"},
    "trials": [
        {
            "trial": 3,
            "status": "FINISHED",
            "started": "2026-11-29T16:06:07.821Z",
            "ended": None,
            "value": "NaN",
            "params": {"lr": 0.1, "opt": {"b": 1}},
            "metrics": {"loss": "NaN", "acc": 0.5},
        }
    ],
}
EVIL = "<script>alert('x')</script> & \"more\""
ANALYSIS = {
    "metric": EVIL,
    "goal": "minimize",
    "trials_used": 50,
    "oob_r2": 0.851,
    "parameters": [
        {
            "name": EVIL,
            "importance": 0.913,
            "permutation_importance": 1.69,
            "permutation_std": 0.146,
            "pearson": None,
            "spearman": -0.8,
            "effect": EVIL,
        }
    ],
    "notes": [EVIL],
}


class Results(unittest.TestCase):
    def setUp(self) -> None:
        self.place = support.Place()
        self.addCleanup(self.place.close)
        env = mock.patch.dict(os.environ, SWEEP_BIN=str(self.place.sweep))
        env.start()
        self.addCleanup(env.stop)

    def test_trials_are_dictionaries_with_numbers(self) -> None:
        self.place.with_sweep(says=json.dumps(TRIALS))
        rows = sweepml.trials("a", where="lr < 1", sort="lr", desc=True, top=5, frame=False)
        self.assertEqual((rows[0]["trial"], rows[0]["params"]["opt"]["b"], rows[0]["metrics"]["acc"]), (3, 1, 0.5))
        self.assertTrue(math.isnan(rows[0]["value"]) and math.isnan(rows[0]["metrics"]["loss"]))
        wanted = ["trials", "--sweep-id=a", "--format", "json", "--where=lr < 1", "--sort=lr", "--desc", "--top=5"]
        self.assertEqual(self.place.calls()[0]["args"], wanted)

    def test_with_pandas_they_are_a_table_with_a_column_a_parameter(self) -> None:
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not installed")
        self.place.with_sweep(says=json.dumps(TRIALS))
        table = sweepml.trials()
        self.assertIsInstance(table, pandas.DataFrame)
        self.assertEqual((table["params.opt.b"][0], table["metrics.acc"][0], table["started"][0].year), (1, 0.5, 2026))

    def test_a_failure_is_an_error_with_what_sweep_said(self) -> None:
        self.place.with_sweep(complains="error: no sweep `b`", code=2)
        with self.assertRaisesRegex(sweepml.SweepFailed, "no sweep `b`") as caught:
            sweepml.trials("b")
        self.assertEqual(caught.exception.code, 2)

    def test_a_notebook_shows_an_analysis_with_everything_escaped(self) -> None:
        self.place.with_sweep(says=json.dumps(ANALYSIS))
        analysis = sweepml.analysis(metric="loss")
        shown = analysis._repr_html_()
        self.assertNotIn("<script", shown)
        self.assertNotIn('"', shown)
        self.assertEqual(shown.count("&lt;script&gt;"), 4)
        self.assertIn("<td>1.69 ± 0.15</td>", shown)
        self.assertIn("50 trials used. Out-of-bag R² 0.85.", shown)
        self.assertIn("1.69 ± 0.15", repr(analysis))
        self.assertEqual(analysis.importance(), {EVIL: 1.69})
        self.assertEqual(self.place.calls()[0]["args"], ["analyze", "--format", "json", "--metric=loss"])


if __name__ == "__main__":
    unittest.main()
