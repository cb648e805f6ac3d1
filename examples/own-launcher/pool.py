"""A launcher like Hydra's: a pool of workers in one program. Each asks for its next trial as soon as it has reported the last
one: no worker waits for the slowest trial of a batch."""

from concurrent.futures import ThreadPoolExecutor

from sweeps import ask, tell, train


def worker(_):
    count = 0
    while (trial := ask()) is not None:
        try:
            loss = train(**trial["params"])
        except Exception:
            tell(trial, "--failed")
            raise
        tell(trial, "--metric", f"loss={loss}")
        count += 1
    return count


with ThreadPoolExecutor(3) as pool:
    print(sum(pool.map(worker, range(3))), "trials")
