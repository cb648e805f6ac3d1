"""What a script is given, in a trial and outside of one."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import sweepml

from . import support


def trial(**more: str) -> "mock._patch_dict":
    return mock.patch.dict(os.environ, support.of_trial("http://127.0.0.1:9", {"lr": 0.1, "opt": {"b": [1, 2.0]}}, **more))


def outside() -> "mock._patch_dict":
    return mock.patch.dict(os.environ, support.environment(), clear=True)


class Params(unittest.TestCase):
    def test_a_trial_has_the_sweeps_values_with_their_types_above_the_defaults(self) -> None:
        with trial():
            p = sweepml.params({"opt": {"b": None, "c": 3}}, lr=5, epochs=2)
        self.assertEqual(p, {"lr": 0.1, "epochs": 2, "opt": {"b": [1, 2.0], "c": 3}})
        self.assertEqual((p.lr, p.opt.c, type(p.opt.b[0]), type(p.opt.b[1])), (0.1, 3, int, float))

    def test_outside_a_sweep_the_defaults_are_the_params(self) -> None:
        with outside():
            self.assertEqual(sweepml.params({"a": {"b": 1}}, lr=5), {"a": {"b": 1}, "lr": 5})
            self.assertFalse(sweepml.in_sweep())
            self.assertIsNone(sweepml.trial_number())
            self.assertEqual(sweepml.trial_seed(3), 3)
            self.assertFalse(sweepml.should_stop())

    def test_an_unknown_name_is_an_error_that_lists_the_known_ones(self) -> None:
        with trial(), self.assertRaisesRegex(AttributeError, "no parameter 'lrr' .*lr, opt"):
            sweepml.params().lrr

    def test_the_defaults_are_not_changed(self) -> None:
        defaults = {"opt": {"b": 0}}
        with trial():
            sweepml.params(defaults).opt["b"] = 9
        self.assertEqual(defaults, {"opt": {"b": 0}})


class Checkpoints(unittest.TestCase):
    def test_a_trial_has_a_directory_and_others_what_they_say(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            given = Path(folder) / "a" / "b"
            with trial(SWEEP_CHECKPOINT_DIR=str(given)):
                self.assertEqual(sweepml.checkpoint_dir("elsewhere"), given)
            self.assertTrue(given.is_dir())
            with outside():
                self.assertIsNone(sweepml.checkpoint_dir())
                self.assertEqual(sweepml.checkpoint_dir(Path(folder) / "c"), Path(folder) / "c")


STOPS = """
import sys, time, sweepml
assert not sweepml.should_stop()
print("ready", flush=True)
while not sweepml.should_stop():
    time.sleep(0.005)
print("saved", flush=True)
if "stubborn" in sys.argv:
    time.sleep(60)
"""


class Stopping(unittest.TestCase):
    def start(self, *args: str) -> "subprocess.Popen[bytes]":
        env = support.of_trial("http://127.0.0.1:9")
        child = subprocess.Popen([sys.executable, "-c", STOPS, *args], env=env, stdout=subprocess.PIPE)
        assert child.stdout is not None
        self.addCleanup(child.stdout.close)
        self.assertEqual(child.stdout.readline(), b"ready\n")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.stdout.readline(), b"saved\n")
        return child

    def test_a_trial_that_asks_may_save_and_leave_well(self) -> None:
        self.assertEqual(self.start().wait(30), 0)

    def test_the_second_request_ends_it(self) -> None:
        child = self.start("stubborn")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(30), -signal.SIGTERM)


class Module(unittest.TestCase):
    def test_python_m_sweepml_is_sweep(self) -> None:
        place = support.Place()
        self.addCleanup(place.close)
        place.with_sweep(says="hello", code=4)
        done = subprocess.run(
            [sys.executable, "-m", "sweepml", "run", "-j", "2"],
            env=support.environment(SWEEP_BIN=str(place.sweep)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout), (4, b"hello\n"))
        self.assertEqual(place.calls()[0]["args"], ["run", "-j", "2"])

    def test_without_the_program_it_says_where_it_looked(self) -> None:
        env = support.environment(PATH="/nowhere", SWEEP_BIN="/nowhere/sweep")
        done = subprocess.run([sys.executable, "-m", "sweepml"], env=env, stderr=subprocess.PIPE, check=False)
        if done.returncode == 2:
            self.assertIn(b"SWEEP_BIN", done.stderr)
        else:  # A `sweep` beside this Python.
            self.assertTrue(Path(sys.executable).with_name("sweep").exists())


if __name__ == "__main__":
    unittest.main()
