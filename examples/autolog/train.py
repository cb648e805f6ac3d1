"""Autologging, a description and system metrics: the script logs nothing itself."""

import argparse

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1.0)
args = parser.parse_args()

mlflow.autolog()
with mlflow.start_run(run_name=f"lasso {args.alpha:.3g}", description="A lasso on the diabetes data", log_system_metrics=True):
    Lasso(alpha=args.alpha).fit(*load_diabetes(return_X_y=True))
