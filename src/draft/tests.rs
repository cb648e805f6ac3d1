//! Drafts from what real programs print, and from real files.

use super::from_file::{ForeignFileError, draft_from_file};
use super::guess::{HelpDraftError, draft_from_help};
use super::help::read_help;
use crate::config::{self, Config, Goal, Method};
use crate::space::{Distribution, Point, Value};

fn data(name: &str) -> String {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn command(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The draft from a page, with the config that it is.
fn of_help(file: &str, words: &[&str]) -> (String, Config) {
    let draft = draft_from_help(&read_help(&data(&format!("help/{file}"))), &command(words)).unwrap();
    let text = draft.text().unwrap();
    let config = sound(&text);
    (text, config)
}

/// The config of a text without errors and warnings.
#[track_caller]
fn sound(text: &str) -> Config {
    let checked = config::check(text.as_bytes());
    assert!(checked.errors.is_empty() && checked.warnings.is_empty(), "{checked:#?}\n{text}");
    checked.config.unwrap()
}

fn names(config: &Config) -> Vec<String> {
    config.in_order(config.space.leaves().into_iter().map(|leaf| leaf.name).collect(), |name| name)
}

fn distribution(config: &Config, name: &str) -> Distribution {
    let leaves = config.space.leaves();
    let leaf = leaves.iter().find(|leaf| leaf.name == name).unwrap_or_else(|| panic!("{name} is not varied"));
    leaf.parameter.distribution.clone()
}

/// What the program is given for a point.
fn argv(config: &Config, point: &[(&str, Value)]) -> Vec<String> {
    let point = Point(point.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
    let environment = |_: &str| None;
    let context = config::command::RenderContext {
        program: None,
        params_file: None,
        extra: &[],
        environment: &environment,
        declared: &[],
    };
    config::command::render(&config.command, &point, &context).unwrap().argv
}

#[test]
fn argparse_with_defaults_gives_ranges_around_them_and_leaves_the_rest_as_comments() {
    for file in ["argparse-defaults.txt", "argparse-narrow.txt"] {
        let (text, config) = of_help(file, &["python", "train.py"]);
        let expected = [
            "batch-size",
            "scheduler",
            "optimizer",
            "lr",
            "weight-decay",
            "momentum",
            "hidden-size",
            "num-layers",
            "dropout",
            "use-batch-norm",
            "no-augment",
        ];
        assert_eq!(names(&config), expected, "{text}");
        assert!(distribution(&config, "lr").is_log() && distribution(&config, "weight-decay").is_log());
        assert!(text.contains("lr: {distribution: log_uniform_values, min: 0.0001, max: 0.01}"), "{text}");
        assert!(text.contains("num-layers: {min: 1, max: 4}"), "{text}");
        assert!(text.contains("optimizer: {values: [sgd, adam, adamw]}"), "{text}");
        for left in
            ["epochs: {value: 10}", "seed: {value: 0}", "device: {value: cuda}", "data-dir: {value: ./data}"]
        {
            assert!(text.contains(&format!("  # {left}")), "{left}\n{text}");
        }
        assert!(text.contains("# metric: {name: val_loss, goal: minimize}"), "{text}");
        let point = [
            ("lr", Value::Float(0.1)),
            ("use-batch-norm", Value::Bool(true)),
            ("no-augment", Value::Bool(false)),
        ];
        assert_eq!(argv(&config, &point), ["python", "train.py", "--lr=0.1", "--use-batch-norm"]);
    }
}

#[test]
fn defaults_in_words_are_found() {
    let (text, config) = of_help("argparse-in-words.txt", &["python", "main.py"]);
    assert_eq!(names(&config), ["batch-size", "lr", "gamma"], "{text}");
    assert!(text.contains("lr: {distribution: log_uniform_values, min: 0.1, max: 10.0}"), "{text}");
    assert!(text.contains("# save-model: {values: [true, false]}"), "{text}");
}

#[test]
fn without_defaults_only_names_that_everybody_uses_are_varied_and_what_is_required_is_asked_for() {
    let (text, config) = of_help("argparse-bare.txt", &["python", "t.py"]);
    assert_eq!(
        names(&config),
        ["lr", "max_depth", "n_estimators", "criterion", "max_features", "C"],
        "{text}"
    );
    assert!(text.contains("wants these, too: --model-name, data."), "{text}");
    let given = argv(
        &config,
        &[
            ("lr", Value::Float(0.1)),
            ("max_depth", Value::Int(3)),
            ("n_estimators", Value::Int(9)),
            ("criterion", Value::Text("gini".into())),
            ("max_features", Value::Int(2)),
            ("C", Value::Float(1.0)),
        ],
    );
    // `-C=1.0` is no option of argparse: each is named.
    assert_eq!(given.get(given.len() - 2..).unwrap(), ["-C", "1.0"], "{given:?}");
}

#[test]
fn what_the_command_gives_already_is_not_varied() {
    let (text, config) = of_help("click.txt", &["python", "t.py", "--lr=0.1", "-o", "sgd", "x.csv"]);
    assert_eq!(names(&config), ["batch-size", "dropout", "layers", "no-shuffle"], "{text}");
}

#[test]
fn click_typer_and_absl_are_read_with_their_bounds() {
    let (text, config) = of_help("click.txt", &["python", "t.py"]);
    assert_eq!(
        names(&config),
        ["lr", "batch-size", "dropout", "optimizer", "layers", "no-shuffle"],
        "{text}"
    );
    assert!(text.contains("--tokenizer, DATA"), "{text}");
    for file in ["typer.txt", "typer-narrow.txt"] {
        let (text, config) = of_help(file, &["python", "t.py"]);
        let expected =
            ["lr", "batch-size", "optimizer", "dropout", "depth", "nesterov", "no-bias", "weight-decay"];
        assert_eq!(names(&config), expected, "{text}");
        assert!(
            text.contains("dropout: {min: 0.0, max: 0.5}") && text.to_lowercase().contains("--name, data"),
            "{text}"
        );
        assert!(text.contains("optimizer: {values: [adam, sgd]}"), "{text}");
    }
    let (text, config) = of_help("absl.txt", &["python", "t.py"]);
    let expected = ["activation", "batch_size", "label_smoothing", "learning_rate", "use_bn"];
    assert_eq!(names(&config), expected, "{text}");
    assert!(text.contains("batch_size: {values: [32, 64, 128, 256]}"), "{text}");
}

#[test]
fn hydras_keys_are_passed_as_hydra_reads_them() {
    let (text, config) = of_help("hydra.txt", &["python", "train.py"]);
    assert_eq!(
        names(&config),
        ["optimizer.lr", "optimizer.weight_decay", "model.hidden", "model.dropout", "model.norm"],
        "{text}"
    );
    assert!(text.contains("# optimizer: {value: adam}"), "{text}");
    assert_eq!(
        argv(&config, &[("optimizer.lr", Value::Float(0.1))]),
        ["python", "train.py", "optimizer.lr=0.1"]
    );
}

#[test]
fn a_script_that_wrote_its_own_usage_gets_names_and_values_apart() {
    let (text, config) = of_help("plain.txt", &["sh", "train.sh"]);
    assert_eq!(names(&config), ["penalty", "l1-ratio"], "{text}");
    let given = argv(&config, &[("penalty", Value::Float(0.1)), ("l1-ratio", Value::Float(0.5))]);
    assert_eq!(given, ["sh", "train.sh", "--penalty", "0.1", "--l1-ratio", "0.5"]);
    assert!(text.contains("# max-iterations: {value: 100}"), "{text}");
}

#[test]
fn a_page_without_hyperparameters_is_refused_with_what_to_do() {
    let refused = |text: &str| draft_from_help(&read_help(text), &command(&["t"])).unwrap_err();
    assert_eq!(
        refused(&data("help/click-group.txt")),
        HelpDraftError::Commands(command(&["evaluate", "fit"]))
    );
    assert_eq!(refused("epoch 1: loss 0.3\n"), HelpDraftError::NoOptions);
    let error = refused("usage: t [-h] [--seed N]\n\noptions:\n  --seed N  the seed (default: 0)\n");
    assert_eq!(error, HelpDraftError::NothingToVary(command(&["--seed"])));
}

fn of_file(name: &str) -> (String, Config) {
    let text = draft_from_file(&data(&format!("drafts/{name}")), name).unwrap();
    let config = sound(&text);
    (text, config)
}

#[test]
fn an_optuna_script_is_read_and_not_run() {
    let (text, config) = of_file("optuna_script.py");
    let expected = ["lr", "layers", "hidden", "batch_size", "optimizer", "momentum", "dropout"];
    assert_eq!(names(&config), expected, "{text}");
    assert_eq!(config.run_cap, Some(50));
    assert!(distribution(&config, "lr").is_log() && distribution(&config, "batch_size").is_log());
    assert!(text.contains("dropout: {values: [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]}"), "{text}");
    assert!(text.contains("goal: maximize") && text.contains("{type: median}"), "{text}");
    assert!(
        text.contains("under a condition? when:") && text.contains("the name in suggest_int(…) is computed"),
        "{text}"
    );
    assert!(text.contains("suggest_int(\"top\", …) has values that are computed"), "{text}");
}

#[test]
fn configs_of_hydras_sweepers_are_read() {
    let (text, config) = of_file("hydra_sweeper.yaml");
    let expected = [
        "optimizer.lr",
        "model.dropout",
        "model.layers",
        "model.width",
        "model.depth",
        "optimizer",
        "batch_size",
        "augment",
    ];
    assert_eq!(names(&config), expected, "{text}");
    assert!(distribution(&config, "optimizer.lr").is_log());
    assert_eq!(distribution(&config, "model.layers"), Distribution::IntUniform { min: 1, max: 4 });
    assert!(text.contains("model.width: {values: [64, 128, 192, 256, 320, 384, 448]}"), "{text}");
    assert!(text.contains("noise: glob(*) has no counterpart"), "{text}");
    assert_eq!((config.run_cap, config.experiment_name.as_str()), (Some(40), "cifar"));
    let (text, config) = of_file("hydra_search_space.yaml");
    assert_eq!(names(&config), ["x", "y", "z"], "{text}");
    assert!(distribution(&config, "z").is_log());
}

#[test]
fn a_file_of_mlflow_sweeper_becomes_a_sweep_file() {
    let (text, config) = of_file("mlflow_sweeper.yaml");
    assert_eq!((config.method, config.retries), (Method::Grid, 2), "{text}");
    let metric = config.metric.as_ref().unwrap();
    assert_eq!((metric.name.as_str(), metric.goal), ("accuracy", Goal::Maximize));
    assert_eq!(
        argv(&config, &[("depth", Value::Int(2))]),
        ["python", "train.py", "--data", "my data.csv", "depth=2"]
    );
}

#[test]
fn sweep_files_of_wandb_stay_as_they_are() {
    for name in ["wandb-nested.yaml", "wandb-hyperband.yaml", "mlflow-random.yaml"] {
        let path = format!("{}/examples/configs/{name}", env!("CARGO_MANIFEST_DIR"));
        let original = std::fs::read_to_string(path).unwrap();
        let text = draft_from_file(&original, name).unwrap();
        assert!(text.ends_with(&original), "{text}");
        assert!(config::check(text.as_bytes()).errors.is_empty(), "{text}");
    }
    assert!(matches!(draft_from_file("a: 1\n", "x"), Err(ForeignFileError::Unknown(_))));
    assert!(matches!(draft_from_file("import torch\n", "x"), Err(ForeignFileError::Unknown(_))));
    assert!(matches!(
        draft_from_file("method: grid\nparameters: {a: {valuess: [1]}}\n", "x"),
        Err(ForeignFileError::Faulty(..))
    ));
}

proptest::proptest! {
    #[test]
    fn whatever_a_program_prints_a_draft_of_it_has_no_errors(
        lines in proptest::collection::vec("( {0,4}(-[a-zC]|--[a-z-]{1,12})( [A-Z{},a\\[\\]|.]{1,8})?  [ -~é\u{1b}]{0,40}(\\(default: [ -~]{0,8}\\))?|[ -~│]{0,60})", 0..12)
    ) {
        let text = format!("usage: t.py [-h]\n\n{}\n", lines.join("\n"));
        if let Ok(draft) = draft_from_help(&read_help(&text), &command(&["python", "t.py"]))
            && let Some(draft) = draft.text()
        {
            let checked = config::check(draft.as_bytes());
            proptest::prop_assert!(checked.errors.is_empty(), "{draft}\n{:?}", checked.errors);
        }
    }

    #[test]
    fn whatever_a_file_holds_is_read_or_refused(text in "(import optuna|hydra: \\{sweeper: \\{params: \\{a: ')?[ -~\n]{0,80}suggest_(int|float|categorical)\\([ -~\n]{0,60}") {
        if let Ok(draft) = draft_from_file(&text, "x") {
            let checked = config::check(draft.as_bytes());
            proptest::prop_assert!(checked.errors.is_empty(), "{draft}\n{:?}", checked.errors);
        }
    }
}
