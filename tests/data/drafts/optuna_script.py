import optuna


def objective(trial: optuna.Trial) -> float:
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 5)
    hidden = trial.suggest_int('hidden', 32, 256, step=32)
    batch = trial.suggest_int(
        "batch_size",
        16,
        512,
        log=True,  # powers of two, more or less
    )
    optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd"])
    if optimizer == "sgd":
        momentum = trial.suggest_float("momentum", 0.5, 0.99)
    for i in range(layers):
        units = trial.suggest_int(f"units_{i}", 8, 128)
    dropout = trial.suggest_float(name="dropout", low=0.0, high=0.5, step=0.1)
    # old = trial.suggest_uniform("old", 0, 1)
    top = trial.suggest_int("top", 1, layers)
    for epoch in range(10):
        trial.report(0.1, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned()
    return 0.1


study = optuna.create_study(direction="maximize", pruner=optuna.pruners.MedianPruner())
study.optimize(objective, n_trials=50)
