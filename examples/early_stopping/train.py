"""Trains a small network on handwritten digits and reports its validation loss after each epoch.

Needs mlflow and scikit-learn. Nothing in here knows of early stopping: a trial that is stopped gets SIGTERM.
"""

import argparse
import warnings

from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.filterwarnings("ignore")


def losses(epochs, learning_rate, hidden, alpha, batch_size):
    """Yields the validation loss after each epoch."""
    x, y = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x / 16, y, train_size=600, random_state=0, stratify=y)
    model = MLPClassifier(
        (hidden,), solver="sgd", momentum=0.9, learning_rate_init=learning_rate, alpha=alpha,
        batch_size=batch_size, random_state=0,
    )
    for _ in range(epochs):
        model.partial_fit(x_train, y_train, classes=range(10))
        yield log_loss(y_val, model.predict_proba(x_val))


if __name__ == "__main__":
    import mlflow

    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning_rate", type=float, required=True)
    parser.add_argument("--hidden", type=int, required=True)
    parser.add_argument("--alpha", type=float, required=True)
    parser.add_argument("--batch_size", type=int, required=True)
    args = parser.parse_args()
    with mlflow.start_run():
        for epoch, loss in enumerate(losses(**vars(args)), start=1):
            mlflow.log_metric("val_loss", loss, step=epoch)
