#!/bin/sh
# An elastic net on the diabetes data, by coordinate descent, with five-fold cross-validation. It needs a shell and awk.
#
# usage: train.sh [--penalty X] [--l1-ratio X] [--max-iterations N]
#   --penalty X          overall strength of the penalty (default: 0.1)
#   --l1-ratio X         share of the L1 penalty, from 0 (ridge) to 1 (lasso) (default: 0.5)
#   --max-iterations N   most passes over the coefficients (default: 100)
set -eu
export LC_ALL=C

usage() { sed -n '4,7 s/^# \{0,1\}//p' "$0"; }

penalty=0.1 l1_ratio=0.5 max_iterations=100
while [ $# -gt 0 ]; do
    case $1 in
    --penalty) penalty=$2 ;;
    --l1-ratio) l1_ratio=$2 ;;
    --max-iterations) max_iterations=$2 ;;
    --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
    esac
    shift 2
done

# One line of JSON a fold, in the form that `sweep log metrics` reads; the last one is the mean over the folds.
metrics=$(awk -F, -v penalty="$penalty" -v l1_ratio="$l1_ratio" -v max_iterations="$max_iterations" '
NR == 1 { features = NF - 1; next }
{
    rows++
    for (j = 1; j <= features; j++) x[rows, j] = $j
    y[rows] = $NF
}
END {
    folds = 5
    for (fold = 0; fold < folds; fold++) {
        standardise(fold)
        products(fold)
        descend()
        score(fold)
        printf "{\"r2\": %.17g, \"rmse\": %.17g, \"step\": %d}\n", r2, rmse, fold
        mean_r2 += r2 / folds
        mean_rmse += rmse / folds
    }
    printf "{\"r2\": %.17g, \"rmse\": %.17g, \"step\": %d}\n", mean_r2, mean_rmse, folds
    printf "penalty %s, l1_ratio %s: r2 %.4f, rmse %.2f\n", penalty, l1_ratio, mean_r2, mean_rmse | "cat 1>&2"
}
# Every fifth row belongs to a fold; the model is fitted to the others.
function held_out(i, fold) { return i % folds == fold }

# Mean and standard deviation of each feature, and the mean of the target, over the training rows.
function standardise(fold,    i, j) {
    training = mean_y = 0
    for (j = 1; j <= features; j++) mean[j] = scale[j] = 0
    for (i = 1; i <= rows; i++) {
        if (held_out(i, fold)) continue
        training++
        mean_y += y[i]
        for (j = 1; j <= features; j++) { mean[j] += x[i, j]; scale[j] += x[i, j] * x[i, j] }
    }
    mean_y /= training
    for (j = 1; j <= features; j++) {
        mean[j] /= training
        scale[j] = root(scale[j] / training - mean[j] * mean[j])
    }
}

# The covariances of the standardised features with each other and with the target: all that the descent needs.
function products(fold,    i, j, k, z) {
    for (j = 1; j <= features; j++) {
        target[j] = 0
        for (k = 1; k <= features; k++) gram[j, k] = 0
    }
    for (i = 1; i <= rows; i++) {
        if (held_out(i, fold)) continue
        for (j = 1; j <= features; j++) z[j] = (x[i, j] - mean[j]) / scale[j]
        for (j = 1; j <= features; j++) {
            target[j] += z[j] * (y[i] - mean_y) / training
            for (k = 1; k <= features; k++) gram[j, k] += z[j] * z[k] / training
        }
    }
}

# Friedman, Hastie and Tibshirani (2010), Regularization Paths for Generalized Linear Models via Coordinate Descent.
function descend(    pass, j, k, gradient, old, change) {
    for (j = 1; j <= features; j++) weight[j] = 0
    for (pass = 1; pass <= max_iterations; pass++) {
        change = 0
        for (j = 1; j <= features; j++) {
            old = weight[j]
            gradient = target[j]
            for (k = 1; k <= features; k++) if (k != j) gradient -= gram[j, k] * weight[k]
            weight[j] = shrunk(gradient, penalty * l1_ratio) / (gram[j, j] + penalty * (1 - l1_ratio))
            if (abs(weight[j] - old) > change) change = abs(weight[j] - old)
        }
        if (change < 1e-6) return
    }
}
function shrunk(value, by) { return value > by ? value - by : value < -by ? value + by : 0 }
function abs(value) { return value < 0 ? -value : value }

# R² and root mean squared error on the fold that the model has not seen.
function score(fold,    i, j, predicted, tested, total, mean_tested, residual, spread) {
    for (i = 1; i <= rows; i++) if (held_out(i, fold)) { tested++; total += y[i] }
    mean_tested = total / tested
    for (i = 1; i <= rows; i++) {
        if (!held_out(i, fold)) continue
        predicted = mean_y
        for (j = 1; j <= features; j++) predicted += weight[j] * (x[i, j] - mean[j]) / scale[j]
        residual += square(y[i] - predicted)
        spread += square(y[i] - mean_tested)
    }
    r2 = 1 - residual / spread
    rmse = root(residual / tested)
}

# Debian builds busybox without ^ and sqrt: this is Newton iteration.
function square(value) { return value * value }
function root(value,    guess, step) {
    guess = value > 1 ? value : 1
    for (step = 1; step <= 60; step++) guess = (guess + value / guess) / 2
    return guess
}
' "$(dirname "$0")/diabetes.csv")

# In a trial the values belong to its run. SWEEP_BIN is the program that runs the trial, on the path or not.
if [ -n "${MLFLOW_RUN_ID:-}" ]; then
    printf '%s\n' "$metrics" | "${SWEEP_BIN:-sweep}" log metrics
fi
