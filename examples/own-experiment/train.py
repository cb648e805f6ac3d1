"""A script that insists on an experiment of its own. Within a sweep it logs to its trial all the same."""

import argparse

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--x", type=float, default=0.0)
args = parser.parse_args()

mlflow.set_experiment("my own experiment")
with mlflow.start_run():
    for step in range(5):
        mlflow.log_metric("loss", (args.x - 1) ** 2 + 1 / (step + 1), step=step)
