"""scikit-learn's side of benches/analysis.rs: a forest and its permutation importance, timed in CPU seconds.

Takes a CSV file without a header, whose last column is the target; prints one JSON object.
"""

import json
import sys
import time

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

table = np.loadtxt(sys.argv[1], delimiter=",")
x, y = table[:, :-1], table[:, -1]

# The first call loads and sets up things that are no part of the work.
RandomForestRegressor(2, random_state=0).fit(x[:20], y[:20])

start = time.process_time()
forest = RandomForestRegressor(n_estimators=100, random_state=1).fit(x, y)
fitted = time.process_time()
permutation = permutation_importance(forest, x, y, n_repeats=30, random_state=1)
done = time.process_time()

json.dump(
    {
        "fit": fitted - start,
        "permutation": done - fitted,
        "r2": forest.score(x, y),
        "importances": forest.feature_importances_.tolist(),
        "drops": permutation.importances_mean.tolist(),
    },
    sys.stdout,
)
