"""Values reach the store: once, all of them, and in good time."""

import json
import time
import unittest

from . import support


def refused(code: str, message: str = "no") -> support.Answer:
    return (404 if code == "RESOURCE_DOES_NOT_EXIST" else 400, json.dumps({"error_code": code, "message": message}))


class Log(unittest.TestCase):
    def setUp(self) -> None:
        self.server = support.Server()
        self.addCleanup(self.server.close)
        self.place = support.Place()
        self.addCleanup(self.place.close)
        self.place.with_sweep()

    def script(self, text: str, **more: str) -> str:
        """Runs a script as a trial; what it complained of."""
        env = support.of_trial(self.server.uri, SWEEP_BIN=str(self.place.sweep), **more)
        done = support.run("import sweepml\n" + text, env)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return done.stderr

    def test_metrics_have_steps_and_texts_for_what_json_lacks(self) -> None:
        said = self.script(
            "sweepml.log(loss=0.5)\nsweepml.log({'loss': 1, 'val/acc': True}, step=7)\n"
            "sweepml.log(loss=float('nan'))\nsweepml.log(loss=float('-inf'))"
        )
        self.assertEqual(said, "")
        self.assertEqual(self.server.history("loss"), [(0, 0.5), (7, 1.0), (8, "NaN"), (9, "-Infinity")])
        self.assertEqual(self.server.history("val/acc"), [(7, 1.0)])
        self.assertEqual({body["run_id"] for body in self.server.bodies}, {"run7"})

    def test_params_and_tags(self) -> None:
        self.script("sweepml.log_param('a', 1)\nsweepml.log_params({'b': [1, 'x']})\nsweepml.log_tag('t', 'u')")
        self.assertEqual(self.server.of("params"), [{"key": "a", "value": "1"}, {"key": "b", "value": '[1, "x"]'}])
        self.assertEqual(self.server.of("tags"), [{"key": "t", "value": "u"}])

    def test_a_thousand_steps_on_a_slow_server_take_a_moment_and_are_all_there(self) -> None:
        def slow(_: object) -> support.Answer:
            time.sleep(0.1)
            return 200, "{}"

        self.server.answer = slow
        begun = time.monotonic()
        self.script("for step in range(1000): sweepml.log(loss=step, step=step)")
        self.assertLess(time.monotonic() - begun, 20)
        self.assertEqual(self.server.history("loss"), [(step, float(step)) for step in range(1000)])
        self.assertLess(len(self.server.bodies), 100)

    def test_on_a_quick_server_a_value_is_there_before_the_call_returns(self) -> None:
        # However slow the machine of the test is.
        self.script("import os, sweepml._delivery\nsweepml._delivery.QUICK = 60\nsweepml.log(loss=1)\nsweepml.log(loss=2)\nos._exit(0)")
        self.assertEqual(self.server.history("loss"), [(0, 1.0), (1, 2.0)])

    def test_what_a_server_does_not_take_goes_to_sweep_log(self) -> None:
        self.server.answer = lambda _: (200, "<html>sign in</html>")
        self.script("sweepml.log(loss=0.25, step=3)\nsweepml.log_param('p', '-1')")
        calls = self.place.calls()
        self.assertEqual([call["args"] for call in calls], [["log", "param", "p=-1"], ["log", "metrics"]])
        line = json.loads(calls[1]["stdin"])
        self.assertEqual((line["key"], line["value"], line["step"], calls[1]["run"]), ("loss", 0.25, 3, "run7"))

    def test_a_short_outage_is_waited_for(self) -> None:
        answers = [(503, "away"), (503, "away")]
        self.server.answer = lambda _: answers.pop() if answers else (200, "{}")
        self.script(
            "import time, sweepml._log\nfor step in range(3): sweepml.log(loss=step)\n"
            "while sweepml._log._delivery._waiting: time.sleep(0.01)"
        )
        self.assertEqual(self.server.history("loss"), [(0, 0.0), (1, 1.0), (2, 2.0)])
        self.assertEqual(self.place.calls(), [])

    def test_a_refused_value_takes_no_other_with_it_and_is_named(self) -> None:
        def picky(body: dict) -> support.Answer:
            bad = any(item["key"] == "acc@1" for item in body["metrics"])
            return refused("INVALID_PARAMETER_VALUE", "bad name") if bad else (200, "{}")

        self.server.answer = picky
        said = self.script("for _ in range(2): sweepml.log({'loss': 1, 'acc@1': 2, 'acc': 3})")
        self.assertEqual(said, "sweepml: the metric 'acc@1' was not logged: bad name\n")
        self.assertEqual((self.server.history("loss"), self.server.history("acc")), ([(0, 1.0), (1, 1.0)], [(0, 3.0), (1, 3.0)]))

    def test_a_run_that_is_gone_is_said_once(self) -> None:
        self.server.answer = lambda _: refused("RESOURCE_DOES_NOT_EXIST", "Run not found")
        said = self.script("for _ in range(3): sweepml.log(loss=1, acc=2)")
        self.assertEqual(said, "sweepml: the run of this trial is gone: Run not found\n")

    def test_what_is_no_number_is_an_error_that_names_it(self) -> None:
        self.script(
            "for bad in ('high', None, [1, 2], object()):\n"
            "    try: sweepml.log(loss=bad)\n    except TypeError as error: assert 'loss' in str(error)\n    else: assert False, bad"
        )
        self.assertEqual(self.server.bodies, [])

    def test_children_send_their_own_values_and_nobody_elses(self) -> None:
        self.script(
            "import os\nsweepml.log(loss=1)\nchild = os.fork()\nsweepml.log(**{'child' if child == 0 else 'parent': 2})\n"
            "os._exit(0) if child == 0 else os.waitpid(child, 0)"
        )
        self.assertEqual(sorted(item["key"] for item in self.server.of("metrics")), ["child", "loss", "parent"])

    def test_logins_are_those_of_mlflow(self) -> None:
        self.script("sweepml.log(loss=1)", MLFLOW_TRACKING_USERNAME="me", MLFLOW_TRACKING_PASSWORD="secret")
        self.script("sweepml.log(loss=1)", MLFLOW_TRACKING_TOKEN="abc")
        found = [headers.get("Authorization") for headers in self.server.headers]
        self.assertEqual(found, ["Basic bWU6c2VjcmV0", "Bearer abc"])

    def test_outside_a_sweep_nothing_is_logged_or_printed(self) -> None:
        script = "import sweepml\nsweepml.log(loss=1)\nsweepml.log_param('a', 1)\nsweepml.log_tag('a', 1)\nsweepml.flush()"
        env = support.environment(MLFLOW_TRACKING_URI=self.server.uri, SWEEP_BIN=str(self.place.sweep))
        done = support.run(script, env)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual((self.server.bodies, self.place.calls()), ([], []))


if __name__ == "__main__":
    unittest.main()
