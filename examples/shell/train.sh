#!/bin/sh
# A line fitted by stochastic gradient descent, in awk: a script with no MLflow client at hand.
# train.sh LR DECAY EPOCHS
set -eu
mkdir -p model

awk -v lr="$1" -v decay="$2" -v epochs="$3" -v seed="${SWEEP_TRIAL_SEED:-1}" '
# The same numbers in every awk, which rand() does not promise.
function uniform() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }
BEGIN {
    for (i = 0; i < 60; i++) {
        x[i] = 2 * uniform() - 1
        y[i] = 3 * x[i] + 0.5 + 0.4 * (uniform() - 0.5)
    }
    for (epoch = 1; epoch <= epochs; epoch++) {
        for (i = 0; i < 40; i++) {
            error = a * x[i] + b - y[i]
            a -= lr * (error * x[i] + decay * a)
            b -= lr * error
        }
        loss = 0
        for (i = 40; i < 60; i++) loss += (a * x[i] + b - y[i]) ^ 2 / 20
        printf "{\"val_loss\": %.6g, \"step\": %d}\n", loss, epoch > "metrics.jsonl"
    }
    printf "{\"a\": %.6g, \"b\": %.6g}\n", a, b > "model/line.json"
    printf "y = %.3f x + %.3f\n", a, b
}'
printf 'flavors:\n  line: {data: line.json}\n' > model/MLmodel

if [ -n "${MLFLOW_RUN_ID:-}" ]; then
    sweep log metrics metrics.jsonl
    sweep log artifact model
fi
