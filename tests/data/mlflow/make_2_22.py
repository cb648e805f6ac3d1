"""Makes `made_by_2_22.sql`: the database of an `mlflow server` 2.22 with some of everything, as SQL.

    python -m venv venv && venv/bin/pip install mlflow==2.22.1 "sqlalchemy<2.1" && venv/bin/python make_2_22.py made_by_2_22.sql
"""

import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

PORT = 5822
URL = f"http://127.0.0.1:{PORT}"

target = pathlib.Path(sys.argv[1]).resolve()
folder = tempfile.TemporaryDirectory()
database = pathlib.Path(folder.name, "mlflow.db")
os.chdir(folder.name)
os.environ.update(MLFLOW_TRACKING_URI=URL, NO_PROXY="127.0.0.1", MLFLOW_TRACKING_USERNAME="ann", LOGNAME="ann")
server = subprocess.Popen([sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(PORT), "--backend-store-uri", f"sqlite:///{database}"])
try:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{URL}/health")
            break
        except OSError:
            time.sleep(0.2)

    import mlflow
    import numpy

    client = mlflow.MlflowClient()
    experiment = client.create_experiment("theirs", tags={"team": "red"})
    run = client.create_run(experiment, run_name="old", tags={"k": "v"}, start_time=1_700_000_000_000).info.run_id
    for step in range(3):
        client.log_metric(run, "loss", 1.0 - step / 4, timestamp=1_700_000_000_000 + step, step=step)
    client.log_metric(run, "odd", float("nan"), timestamp=1_700_000_000_000)
    client.log_param(run, "lr", "0.01")
    with mlflow.start_run(run_id=run):
        mlflow.log_input(mlflow.data.from_numpy(numpy.arange(6.0), name="numbers"), context="train")
    client.set_terminated(run, "FINISHED", end_time=1_700_000_009_000)
    client.create_registered_model("old model", {"a": "1"}, "words")
    client.create_model_version("old model", f"runs:/{run}/model", run, tags={"t": "1"})
    client.set_registered_model_alias("old model", "champion", "1")
finally:
    server.terminate()
    server.wait()

target.write_text("\n".join(sqlite3.connect(database).iterdump()) + "\n")
