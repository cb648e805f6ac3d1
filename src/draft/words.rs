//! What the names of options say: which are no hyperparameters, which are shares, sizes, or strengths on a log scale.

/// Where things are, how long and where it runs, what it prints: not what a model is judged by.
const NOT_VARIED: [&str; 94] = [
    "accelerator",
    "accel",
    "backend",
    "cache",
    "checkpoint",
    "checkpoints",
    "ckpt",
    "classes",
    "config",
    "cpu",
    "cuda",
    "cudnn",
    "data",
    "dataset",
    "datasets",
    "debug",
    "device",
    "devices",
    "dir",
    "directory",
    "dist",
    "distributed",
    "download",
    "dry",
    "eval",
    "evaluate",
    "evaluation",
    "entity",
    "every",
    "experiment",
    "file",
    "filename",
    "folder",
    "fold",
    "folds",
    "freq",
    "frequency",
    "gpu",
    "gpus",
    "host",
    "hub",
    "id",
    "image",
    "img",
    "input",
    "interval",
    "jobs",
    "key",
    "level",
    "load",
    "local",
    "log",
    "logdir",
    "logging",
    "logs",
    "master",
    "metric",
    "metrics",
    "mlflow",
    "mode",
    "mps",
    "name",
    "node",
    "nodes",
    "out",
    "output",
    "overwrite",
    "password",
    "path",
    "pin",
    "plot",
    "port",
    "print",
    "profile",
    "progress",
    "project",
    "quiet",
    "rank",
    "resume",
    "root",
    "run",
    "save",
    "seed",
    "server",
    "silent",
    "tag",
    "tags",
    "target",
    "test",
    "threads",
    "tracking",
    "url",
    "user",
    "val",
];
/// More of these.
const NOT_VARIED_EITHER: [&str; 22] = [
    "validation",
    "verbose",
    "verbosity",
    "version",
    "vocab",
    "wandb",
    "worker",
    "workers",
    "workdir",
    "world",
    "amp",
    "fp16",
    "bf16",
    "uri",
    "token",
    "timeout",
    "split",
    "splits",
    "report",
    "show",
    "display",
    "force",
];
/// How much is spent on a trial: more is mostly better, and costs.
const BUDGETS: [&str; 12] = [
    "epoch",
    "epochs",
    "step",
    "steps",
    "iter",
    "iters",
    "iteration",
    "iterations",
    "rounds",
    "episodes",
    "timesteps",
    "budget",
];
/// Strengths that people search on a log scale, by their whole names or last words.
const STRENGTHS: [&str; 17] = [
    "lr",
    "learning_rate",
    "weight_decay",
    "wd",
    "decay",
    "l1",
    "l2",
    "lambda",
    "reg",
    "regularization",
    "regularisation",
    "penalty",
    "eps",
    "epsilon",
    "c",
    "strength",
    "reg_alpha",
];
/// Numbers from 0 to 1.
const SHARES: [&str; 21] = [
    "dropout",
    "drop",
    "drop_path",
    "ratio",
    "fraction",
    "frac",
    "prob",
    "probability",
    "p",
    "rate",
    "subsample",
    "colsample",
    "bytree",
    "bylevel",
    "smoothing",
    "mixup",
    "cutmix",
    "rho",
    "tau",
    "share",
    "sparsity",
];
/// Numbers just below 1.
const MEMORIES: [&str; 6] = ["momentum", "beta1", "beta2", "beta", "gamma", "discount"];
/// Sizes that come in powers of two.
const SIZES: [&str; 14] = [
    "batch",
    "hidden",
    "dim",
    "units",
    "width",
    "channels",
    "filters",
    "embedding",
    "embed",
    "emb",
    "features",
    "size",
    "bs",
    "neurons",
];
/// Numbers of layers and the like.
const DEPTHS: [&str; 7] = ["depth", "layers", "layer", "blocks", "heads", "head", "stages"];
/// Numbers of trees and the like.
const ENSEMBLES: [&str; 3] = ["estimators", "trees", "learners"];
/// Switches of a model or its training.
const SWITCHES: [&str; 23] = [
    "nesterov",
    "amsgrad",
    "bias",
    "bn",
    "norm",
    "batchnorm",
    "layernorm",
    "normalize",
    "normalise",
    "augment",
    "augmentation",
    "shuffle",
    "residual",
    "bidirectional",
    "attention",
    "bootstrap",
    "centered",
    "weighted",
    "balanced",
    "standardize",
    "standardise",
    "intercept",
    "whiten",
];

/// What the name of an option says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameMeaning {
    /// No hyperparameter.
    NotVaried,
    /// How much is spent on a trial.
    Spent,
    /// A step size.
    LearningRate,
    /// Another strength on a log scale.
    Strength,
    /// From 0 to 1, and mostly small: dropout.
    SmallShare,
    /// From 0 to 1.
    UnitShare,
    /// Just below 1.
    Memory,
    /// A power of two.
    PowerSize,
    /// A number of layers.
    LayerDepth,
    /// A number of trees.
    EnsembleSize,
    /// A switch of the model.
    ModelSwitch,
    /// Nothing.
    Unknown,
}

/// The words of a name, in small letters.
fn words_of(name: &str) -> Vec<String> {
    name.to_ascii_lowercase()
        .split(['-', '_', '.', '/'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What the name of an option says.
pub(super) fn meaning_of(name: &str) -> NameMeaning {
    let words = words_of(name);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let last = words.last().map(String::as_str).unwrap_or_default();
    let two = words.iter().rev().take(2).rev().map(String::as_str).collect::<Vec<_>>().join("_");
    let ends = |list: &[&str]| list.contains(&last) || list.contains(&two.as_str());
    if two == "learning_rate" || last == "lr" {
        NameMeaning::LearningRate
    } else if any(&NOT_VARIED) || any(&NOT_VARIED_EITHER) {
        NameMeaning::NotVaried
    } else if ends(&["step_size"]) {
        NameMeaning::Unknown
    } else if any(&BUDGETS) {
        NameMeaning::Spent
    } else if two == "l1_ratio" || ends(&["ratio"]) {
        NameMeaning::UnitShare
    } else if ends(&STRENGTHS) {
        NameMeaning::Strength
    } else if ends(&[
        "dropout",
        "drop",
        "smoothing",
        "drop_path",
        "dropout_rate",
        "drop_rate",
        "dropout_prob",
    ]) {
        NameMeaning::SmallShare
    } else if ends(&MEMORIES) {
        NameMeaning::Memory
    } else if ends(&SHARES) {
        NameMeaning::UnitShare
    } else if any(&SWITCHES) {
        NameMeaning::ModelSwitch
    } else if any(&ENSEMBLES) {
        NameMeaning::EnsembleSize
    } else if any(&DEPTHS) {
        NameMeaning::LayerDepth
    } else if any(&SIZES) {
        NameMeaning::PowerSize
    } else {
        NameMeaning::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_say_in_the_field() {
        for (name, meaning) in [
            ("lr", NameMeaning::LearningRate),
            ("optimizer.learning_rate", NameMeaning::LearningRate),
            ("weight-decay", NameMeaning::Strength),
            ("C", NameMeaning::Strength),
            ("attention_dropout", NameMeaning::SmallShare),
            ("l1-ratio", NameMeaning::UnitShare),
            ("beta2", NameMeaning::Memory),
            ("batch_size", NameMeaning::PowerSize),
            ("test-batch-size", NameMeaning::NotVaried),
            ("num-layers", NameMeaning::LayerDepth),
            ("n_estimators", NameMeaning::EnsembleSize),
            ("max-steps", NameMeaning::Spent),
            ("output_dir", NameMeaning::NotVaried),
            ("use-batch-norm", NameMeaning::ModelSwitch),
            ("frobnication", NameMeaning::Unknown),
        ] {
            assert_eq!(meaning_of(name), meaning, "{name}");
        }
    }
}
