"""A run with runs of its own below it: one a fold of a cross-validation."""

import argparse

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=1.0)
args = parser.parse_args()

data, target = load_diabetes(return_X_y=True)
scores = []
with mlflow.start_run():
    for fold, (train, test) in enumerate(KFold(3, shuffle=True, random_state=0).split(data)):
        with mlflow.start_run(nested=True, run_name=f"fold {fold}"):
            model = Ridge(alpha=args.alpha).fit(data[train], target[train])
            scores.append(r2_score(target[test], model.predict(data[test])))
            mlflow.log_metric("r2", scores[-1])
    mlflow.log_metric("r2", sum(scores) / len(scores))
