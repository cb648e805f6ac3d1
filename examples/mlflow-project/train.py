"""The entry point of an MLflow project."""

import sys

import mlflow

with mlflow.start_run():
    mlflow.log_metric("y", (float(sys.argv[1]) - 1) ** 2)
