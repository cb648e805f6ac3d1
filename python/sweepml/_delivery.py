"""How values reach the store: fast where it is fast, never in the way of the training, and not lost where it is away.

A value is sent before `log` returns, unless the store is slow and the last request was made a moment ago: then it waits
for the next request, at most a second. While the store is away a thread tries again; what it does not take for some
seconds goes through `sweep log`, which keeps it in the sweep's journal on disk, for the agent to deliver.
"""

import json
import sys
import threading
import time
from typing import List, Sequence, Set, Tuple

from ._binary import BinaryNotFound, SweepFailed, run_sweep
from ._rest import Refused, Rest, Unreachable
from ._values import Metric

#: Values of one request; MLflow takes 1,000.
BATCH = 500
#: A request that takes no longer than this is made with each call of `log`.
QUICK = 0.030
#: Requests take at most one part in so many of the time.
SHARE = 10
#: The longest that a value waits for a request, in seconds, while the store answers.
LONGEST_WAIT = 1.0
#: So long the store may be away until `sweep log` is asked.
PATIENCE = 5.0
#: So long values are offered at exit where `sweep log` does not help either.
LAST_TRIES = 30.0


class Delivery:
    """The values of one run on their way to the store."""

    def __init__(self, uri: str, run_id: str) -> None:
        self._uri = uri
        self._run_id = run_id
        self._rest = Rest(uri, run_id)
        self._waiting: List[Metric] = []
        self._cost = 0.0
        self._last = 0.0
        self._away = False
        self._gone = False
        self._told: Set[str] = set()
        self._forked = False
        self._renew_locks()

    def _renew_locks(self) -> None:
        # Guards `_waiting`; and: one request at a time, from any thread.
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._worker = False

    def after_fork(self) -> None:
        """In the child: what waited is the parent's to send. A child may end without notice, so it lets nothing wait."""
        self._waiting = []
        self._forked = True
        self._renew_locks()

    def add(self, metrics: Sequence[Metric]) -> None:
        """Sends values, or lets them wait for the next request."""
        if self._gone:
            return
        with self._changed:
            self._waiting.extend(metrics)
        if self._forked:
            self.close()
        elif self._may_send_now() and self._sending.acquire(blocking=False):
            try:
                self._send_some()
            finally:
                self._sending.release()
        if self._waiting and not self._forked:
            self._wake_worker()

    def add_words(self, kind: str, words: Sequence[Tuple[str, str]]) -> None:
        """Sends params or tags. They are few, so each is sent alone where a batch is refused."""
        for start in range(0, len(words), 100):
            self._send_words(kind, list(words[start : start + 100]))

    def close(self) -> None:
        """Sends all that waits, by whatever way there is."""
        deadline = time.monotonic() + LAST_TRIES
        pause = 0.2
        while self._waiting:
            if self._try_once():
                continue
            if self._hand_over():
                continue
            if time.monotonic() >= deadline:
                self._tell(f"{len(self._waiting)} values could not be logged: the tracking store is away")
                return
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def _may_send_now(self) -> bool:
        """Whether a request by the training's own thread slows it down little."""
        return not self._away and (self._cost < QUICK or time.monotonic() >= self._next())

    def _next(self) -> float:
        """When the next request is due."""
        return self._last + min(LONGEST_WAIT, self._cost * SHARE)

    def _try_once(self) -> bool:
        with self._sending:
            return self._send_some()

    def _send_some(self) -> bool:
        """One request with what waits; whether the store took (or refused) it. The caller holds `_sending`."""
        batch = self._waiting[:BATCH]
        if not batch:
            return True
        started = time.monotonic()
        try:
            self._send(batch)
        except Unreachable:
            self._last, self._cost, self._away = time.monotonic(), LONGEST_WAIT, True
            return False
        self._last, self._away = time.monotonic(), False
        self._cost = self._last - started
        self._forget(batch)
        return True

    def _forget(self, batch: Sequence[Metric]) -> None:
        with self._changed:
            del self._waiting[: len(batch)]

    def _send(self, batch: Sequence[Metric]) -> None:
        try:
            self._rest.send(metrics=batch)
        except Refused as error:
            if error.gone:
                self._gone = True
                self._tell(f"the run of this trial is gone: {error}")
            elif len(batch) == 1:
                self._tell(f"the metric {batch[0].key!r} was not logged: {error}")
            else:
                for metric in batch:
                    self._send([metric])

    def _send_words(self, kind: str, words: List[Tuple[str, str]]) -> None:
        try:
            with self._sending:
                self._rest.send(params=words if kind == "param" else (), tags=words if kind == "tag" else ())
        except Refused as error:
            if len(words) == 1:
                self._tell(f"the {kind} {words[0][0]!r} was not logged: {error}")
                return
            for word in words:
                self._send_words(kind, [word])
        except Unreachable as error:
            for name, value in words:
                try:
                    self._sweep_log([kind, f"{name}={value}"])
                except (BinaryNotFound, SweepFailed) as failure:
                    self._tell(f"the {kind} {name!r} was not logged: {error}; {failure}")

    def _hand_over(self) -> bool:
        """Gives what waits to `sweep log`, which keeps on disk what the store does not take. Whether it took it."""
        with self._sending:
            batch = list(self._waiting)
            lines = "".join(json.dumps(metric.as_json()) + "\n" for metric in batch)
            try:
                self._sweep_log(["metrics"], lines)
            except SweepFailed as error:
                if error.code != 2:
                    return False
                # Refused for what it is.
                self._tell(f"values were not logged: {error}")
            except (BinaryNotFound, OSError):
                return False
            self._forget(batch)
            return True

    def _sweep_log(self, words: Sequence[str], stdin: str = "") -> None:
        environment = {
            "MLFLOW_RUN_ID": self._run_id,
            "MLFLOW_TRACKING_URI": self._uri,
            # The store was tried already: what it does not take at once belongs on disk.
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        }
        run_sweep(["log", *words], stdin=stdin, environment=environment)

    def _wake_worker(self) -> None:
        with self._changed:
            if not self._worker:
                self._worker = True
                threading.Thread(target=self._work, name="sweepml", daemon=True).start()
            self._changed.notify()

    def _work(self) -> None:
        away_since = None
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
            time.sleep(max(0.0, self._next() - time.monotonic()))
            if self._try_once():
                away_since = None
                continue
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since >= PATIENCE:
                self._hand_over()

    def _tell(self, message: str) -> None:
        """Says a thing once, where the trial's log has it."""
        if message not in self._told and len(self._told) < 20:
            self._told.add(message)
            print(f"sweepml: {message}", file=sys.stderr, flush=True)
