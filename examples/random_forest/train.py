"""A random forest on the breast cancer data: mean accuracy over five folds."""

import argparse

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--n-estimators", type=int, default=100)
    parser.add_argument("--criterion", default="gini")
    parser.add_argument("--max-depth", type=int)
    parser.add_argument("--min-samples-split", type=int, default=2)
    parser.add_argument("--min-samples-leaf", type=int, default=1)
    parser.add_argument("--max-features", default="sqrt")
    parser.add_argument("--bootstrap", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()


def main():
    given = vars(arguments())
    # `None` is the text of a null in the sweep file.
    if given["max_features"] == "None":
        given["max_features"] = None
    x, y = load_breast_cancer(return_X_y=True)
    model = RandomForestClassifier(**given, random_state=42)
    scores = cross_val_score(model, x, y, cv=5, scoring="accuracy")
    with mlflow.start_run():
        mlflow.log_params(given)
        mlflow.log_metrics({"mean_accuracy": scores.mean(), "std_accuracy": scores.std()})
    print(f"accuracy {scores.mean():.4f} ± {scores.std():.4f}")


if __name__ == "__main__":
    main()
