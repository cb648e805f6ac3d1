"""A random forest on scikit-learn's diabetes data, logged as most scripts do it. It knows nothing of sweeps."""

import argparse

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=100)
parser.add_argument("--depth", type=int, default=5)
args = parser.parse_args()

data, target = load_diabetes(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(data, target, random_state=0)

mlflow.set_experiment("forest")
with mlflow.start_run():
    mlflow.log_param("trees", args.trees)
    mlflow.log_param("depth", args.depth)
    model = RandomForestRegressor(n_estimators=args.trees, max_depth=args.depth, random_state=0).fit(train_x, train_y)
    mlflow.log_metric("rmse", root_mean_squared_error(test_y, model.predict(test_x)))
    # The format that holds a forest without a list of types to trust.
    mlflow.sklearn.log_model(model, name="forest", serialization_format="cloudpickle")
