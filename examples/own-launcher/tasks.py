"""Tasks as a workflow engine such as Airflow runs them: each may be killed and run again, perhaps on another machine, and passes
on nothing but small values. The claim is one task, so that a repeated `train` works on the same trial."""

from sweeps import ask, tell, train


def claim():
    """Task 1. What it returns goes to the next tasks (XCom)."""
    return ask()


def fit(trial):
    """Task 2. In a long one, `sweep tell RUN_ID --alive` renews the lease from time to time."""
    tell(trial, "--alive")
    return train(**trial["params"])


def report(trial, loss):
    """Task 3. Run twice, it changes nothing the second time."""
    tell(trial, "--metric", f"loss={loss}")


count = 0
while (trial := claim()) is not None:
    loss = fit(trial)
    report(trial, loss)
    report(trial, loss)
    count += 1
print(count, "trials")
