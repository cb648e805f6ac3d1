"""A small network on handwritten digits: accuracy on held-out digits after each epoch, then what one prediction costs.

Latency is counted, not timed, so that the front does not depend on the load of the machine: multiplications of one
prediction, at 1 per nanosecond.
"""
import argparse
import os
import warnings

import mlflow
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, required=True)
parser.add_argument("--layers", type=int, required=True)
parser.add_argument("--lr", type=float, required=True)
parser.add_argument("--epochs", type=int, default=12)
args = parser.parse_args()


digits, labels = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(digits / 16.0, labels, test_size=0.4, random_state=0)
seed = int(os.environ.get("SWEEP_TRIAL_SEED", "0"))
model = MLPClassifier([args.width] * args.layers, learning_rate_init=args.lr, random_state=seed, batch_size=32)
warnings.filterwarnings("ignore")

sizes = [train_x.shape[1], *[args.width] * args.layers, 10]
with mlflow.start_run():
    mlflow.log_metric("latency_us", sum(a * b for a, b in zip(sizes, sizes[1:])) / 1000)
    for epoch in range(1, args.epochs + 1):
        order = np.random.default_rng(seed + epoch).permutation(len(train_x))
        model.partial_fit(train_x[order], train_y[order], classes=np.arange(10))
        mlflow.log_metric("val_acc", model.score(test_x, test_y), step=epoch)
